// row: one query's attention, or one key's, exactly, with its heaviest entries in words.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {
namespace {

// Where the token lies on the axis; throws where the operations leave it out.
int64_t position_on(const std::vector<Range>& axis, int64_t token, const std::string& side,
                    int64_t tokens) {
  for (size_t i = 0; i < axis.size(); ++i) {
    if (axis[i].begin <= token && token < axis[i].end) return static_cast<int64_t>(i);
  }
  throw Error(ErrorCode::kUsage, "token " + side + std::to_string(token),
              token < tokens ? "a token that filter and special mode show"
                             : "a token below " + std::to_string(tokens),
              "", "HS-LINK-01");
}

// Indices of the `top` largest values, ties by position; masked scores, which are no numbers,
// last.
std::vector<size_t> heaviest(const std::vector<float>& values, size_t top) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  top = std::min(top, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end(),
                    [&](size_t a, size_t b) {
                      return values[a] > values[b] || (values[a] == values[b] && a < b);
                    });
  order.resize(top);
  return order;
}

// "straw" + "##berries" → "strawberries" is a tokenizer's affair; the pieces are shown as they are.
std::string words_of(const TokenSequence& tokens, Range range) {
  std::string text;
  for (int64_t t = range.begin; t < range.end; ++t) {
    text += (text.empty() ? "" : " ") + tokens.tokens[static_cast<size_t>(t)];
  }
  return text;
}

// What the heads' sink logits take of the query's weights: averaged over the tokens of a merged
// word, combined as the heads are. null where no head has a sink, and where weights were
// renormalised.
Json sink_of(const AttentionSource& source, const TileRequest& request, Range tokens) {
  const TileOps& ops = request.ops;
  if (ops.quantity != Quantity::kWeight || ops.renormalise ||
      ops.special == SpecialMode::kHideRenormalise) {
    return nullptr;
  }
  double sum = 0, most = 0;
  bool any = false;
  for (const HeadRef head : request.heads) {
    const TensorView<const float> shares = source.sink(head);
    if (shares.empty()) continue;
    any = true;
    double share = 0;
    for (int64_t i = tokens.begin; i < tokens.end; ++i) share += double{shares(i)};
    share /= static_cast<double>(tokens.size());
    sum += share;
    most = std::max(most, share);
  }
  if (!any) return nullptr;
  if (ops.combine == Combine::kMax) return most;
  return ops.combine == Combine::kMean ? sum / static_cast<double>(request.heads.size()) : sum;
}

}  // namespace

Reply Rpc::Service::row(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  const AttentionSource& source = *stored->source;
  TileRequest request;
  request.ops = read_ops(fields, source);
  request.heads = read_heads(fields, source, request.ops);
  const std::string side = fields.choice("side", {"q", "k"});
  const int64_t token = fields.integer("index", 0, int64_t{1} << 24);
  const auto top = static_cast<size_t>(fields.integer("top", 1, kMaxTop));
  fields.done();

  const int stack = request.heads.front().stack;
  const TileAxes axes = tile_axes(source.info(), stack, request.ops);
  const bool query = side == "q";
  const TokenSequence& own =
      query ? source.info().tokens(stack, Side::kQuery) : source.info().tokens(stack, Side::kKey);
  const TokenSequence& other =
      query ? source.info().tokens(stack, Side::kKey) : source.info().tokens(stack, Side::kQuery);
  const int64_t at = position_on(query ? axes.rows : axes.cols, token, side, own.size());
  const auto& across = query ? axes.cols : axes.rows;
  const Range whole{0, static_cast<int64_t>(across.size())};
  request.rows = query ? Range{at, at + 1} : whole;
  request.cols = query ? whole : Range{at, at + 1};
  const Tile tile = compute_tile(*derived_.of(stored, request.ops.quantity), request, control);

  Reply reply;
  Json& ranges = reply.json["tokens"] = Json::array();
  for (const Range range : across) ranges.push_back({range.begin, range.end});
  Json& list = reply.json["top"] = Json::array();
  double listed = 0, total = 0;
  for (const float value : tile.values)
    total += std::isfinite(value) ? static_cast<double>(value) : 0;
  const auto order = heaviest(tile.values, top);
  for (const size_t i : order) {
    const float value = tile.values[i];
    if (std::isfinite(value)) listed += static_cast<double>(value);
    list.push_back({{"at", i},
                    {"index", across[i].begin},
                    {"token", words_of(other, across[i])},
                    {"value", json_number(value)}});
  }
  reply.json["rest"] = {{"count", tile.values.size() - order.size()},
                        {"mass", json_number(total - listed)}};
  reply.json["total"] = json_number(total);
  reply.json["sink"] =
      query ? sink_of(source, request, axes.rows[static_cast<size_t>(at)]) : Json();
  reply.tensors.push_back(float_tensor("values", {whole.size()}, tile.values));
  return reply;
}

}  // namespace headscope
