// How a trace describes itself on the wire: the metadata of a trace file, and what readers derive
// from the file (sentences, the quantities that it can give).
#include <cstdio>
#include <string>

#include "format/json.h"
#include "headscope/flow.h"
#include "rpc/trace_store.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

std::string_view name_of(TraceOrigin origin) {
  switch (origin) {
    case TraceOrigin::kDemo:
      return "demo";
    case TraceOrigin::kFile:
    case TraceOrigin::kOpened:
      return "file";
    case TraceOrigin::kRun:
      break;
  }
  return "run";
}

bool has_value_norms(const AttentionSource& source) {
  for (const HeadRef head : source.all_heads()) {
    if (source.value_norm(head).empty()) return false;
  }
  return true;
}

// The most queries that any stack answers at once, and the tokens of that stack.
struct Reach {
  int64_t queries = 0, tokens = 0;
};
Reach reach_of(const TraceInfo& info, Quantity quantity) {
  Reach best;
  for (int s = 0; s < static_cast<int>(info.stacks.size()); ++s) {
    const Reach own{queries_at_once(info, s, quantity), info.tokens(s, Side::kQuery).size()};
    const bool whole = own.queries > 0 && own.queries == own.tokens;
    if (whole || own.queries > best.queries) best = own;
    if (whole) break;
  }
  return best;
}

// Rollout and flow: true, or why not.
Json derived_of(const TraceInfo& info, Quantity quantity) {
  const Reach reach = reach_of(info, quantity);
  if (reach.queries > 0 && reach.queries == reach.tokens) return true;
  const bool rollout = quantity == Quantity::kRollout;
  if (reach.queries == 0) {
    return "Rollout and flow follow attention through every layer from 0 on, among the same "
           "tokens. This trace lacks a layer, or its queries and keys are other tokens.";
  }
  return std::string(rollout ? "Rollout" : "Flow") + " of all queries takes at most " +
         std::to_string(rollout ? kRolloutWholeTokens : kFlowWholeTokens) +
         " tokens; this text has " + std::to_string(reach.tokens) +
         ". Pin a query in the head view: it is computed for that one.";
}

}  // namespace

bool only_pinned(const AttentionSource& source, Quantity quantity) {
  if (!is_of_layer(quantity)) return false;
  const Reach reach = reach_of(source.info(), quantity);
  return reach.queries > 0 && reach.queries < reach.tokens;
}

void require_quantity(const AttentionSource& source, Quantity quantity) {
  const Json reason = quantities_of(source, quantity);
  if (!reason.is_string() || only_pinned(source, quantity)) return;
  throw Error(ErrorCode::kUsage, "no " + std::string(name_of(quantity)) + " for this trace",
              "another quantity", reason.get<std::string>(), "HS-CAP-01");
}

Json quantities_of(const AttentionSource& source, Quantity quantity) {
  switch (quantity) {
    case Quantity::kWeight:
      return true;
    case Quantity::kNorm:
      if (has_value_norms(source)) return true;
      return "This trace holds no norms of the transformed values.";
    case Quantity::kScore:
      if (source.has_vectors()) return true;
      return "This trace holds attention weights only, no queries and keys.";
    case Quantity::kRollout:
    case Quantity::kFlow:
      break;
  }
  return derived_of(source.info(), quantity);
}

Json describe_tokens(const TokenSequence& tokens) {
  Json json = sequence_to_json(tokens);
  json["sentences"] = tokens.sentences;
  return json;
}

namespace {
Json pinned_quantities(const AttentionSource& source) {
  Json names = Json::array();
  for (const Quantity quantity : {Quantity::kRollout, Quantity::kFlow}) {
    if (only_pinned(source, quantity)) names.push_back(name_of(quantity));
  }
  return names;
}
}  // namespace

namespace {

// How the patches lie on the picture; null without one. The last token is the square at the bottom
// right, "p13,13".
Json picture_of(const AttentionSource& source) {
  const TokenSequence& tokens = source.info().tokens(0, Side::kQuery);
  if (tokens.kinds.empty() || tokens.kinds.back() != TokenKind::kPatch) return nullptr;
  int rows = 0, columns = 0;
  if (std::sscanf(tokens.tokens.back().c_str(), "p%d,%d", &rows, &columns) != 2) return nullptr;
  Json json = {
      {"rows", rows + 1}, {"columns", columns + 1}, {"width", nullptr}, {"height", nullptr}};
  if (const Array* picture = source.picture()) {
    json["height"] = picture->shape()[0];
    json["width"] = picture->shape()[1];
  }
  return json;
}

}  // namespace

Json describe_trace(const StoredTrace& trace) {
  const TraceInfo& info = trace.info();
  const AttentionSource& source = *trace.source;
  Json json = trace_info_to_json(info);
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const auto index = static_cast<int>(s);
    json["sequences"][info.stacks[s].query] = describe_tokens(info.tokens(index, Side::kQuery));
    json["sequences"][info.stacks[s].key] = describe_tokens(info.tokens(index, Side::kKey));
  }
  json["id"] = trace.id;
  json["source"] = name_of(trace.origin);
  json["title"] = trace.title;
  json["quantities"] = {{"weight", quantities_of(source, Quantity::kWeight)},
                        {"norm", quantities_of(source, Quantity::kNorm)},
                        {"score", quantities_of(source, Quantity::kScore)},
                        {"rollout", quantities_of(source, Quantity::kRollout)},
                        {"flow", quantities_of(source, Quantity::kFlow)}};
  json["pinned_quantities"] = pinned_quantities(source);
  json["vectors"] = source.has_vectors();
  json["picture"] = picture_of(source);
  json["predictive"] = trace.has_contribution();
  return json;
}

}  // namespace headscope
