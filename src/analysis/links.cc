#include "headscope/links.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/score_rule.h"

namespace headscope {
namespace {

struct LinkSide {
  const TokenSequence& text;
  int64_t size() const { return text.size(); }
  bool word(int64_t i) const { return !text.special[static_cast<size_t>(i)]; }
  int sentence(int64_t i) const { return text.sentences[static_cast<size_t>(i)]; }
  // The word of a token; a special token is one of its own.
  Range word_of(int64_t i) const {
    const auto& words = text.words;
    const auto at = static_cast<size_t>(i);
    if (!word(i) || words[at] < 0) return {i, i + 1};
    Range range{i, i + 1};
    while (range.begin > 0 && words[static_cast<size_t>(range.begin - 1)] == words[at])
      --range.begin;
    while (range.end < size() && words[static_cast<size_t>(range.end)] == words[at]) ++range.end;
    return range;
  }
};

struct Link {
  LinkSide query_side, key_side;
  Range queries, keys;
  bool one_text;  // queries and keys are the same tokens
  bool words;
};

// Does key j belong to the class of key `of`, asked by query i?
bool same_class(const Link& link, int64_t i, int64_t of, int64_t j) {
  const LinkSide& side = link.key_side;
  if (!side.word(of)) return true;
  if (!side.word(j)) return false;
  if (!link.one_text || of == i) return true;
  const bool own = side.sentence(of) == link.query_side.sentence(i);
  return j != i && (side.sentence(j) == link.query_side.sentence(i)) == own;
}

// E_i: the mass that the query gives to the class of each key, divided among its visible members.
double expected(const Link& link, int64_t i, Range visible, const float* row) {
  double sum = 0;
  for (int64_t of = link.keys.begin; of < link.keys.end; ++of) {
    if (of < visible.begin || of >= visible.end) continue;
    double mass = 0, members = 0;
    for (int64_t j = visible.begin; j < visible.end; ++j) {
      if (!same_class(link, i, of, j)) continue;
      mass += static_cast<double>(row[j]);
      ++members;
    }
    if (members > 0) sum += mass / members;
  }
  return sum;
}

int64_t rank_of(const Link& link, const std::vector<double>& mean) {
  const auto weight_of = [&](Range keys) {
    double sum = 0;
    for (int64_t j = keys.begin; j < keys.end; ++j) sum += mean[static_cast<size_t>(j)];
    return sum;
  };
  const double own = weight_of(link.keys);
  int64_t rank = 1;
  for (int64_t j = 0; j < link.key_side.size();) {
    if (j == link.keys.begin) {
      j = link.keys.end;
      continue;
    }
    // Of a word that the span cuts, the part on this side of it.
    Range unit{j, link.words ? link.key_side.word_of(j).end : j + 1};
    if (j < link.keys.begin) unit.end = std::min(unit.end, link.keys.begin);
    rank += weight_of(unit) > own ? 1 : 0;
    j = unit.end;
  }
  return rank;
}

HeadLink link_of(const AttentionSource& source, HeadRef head, const MaskInfo& mask,
                 const Link& link) {
  const int64_t keys = link.key_side.size(), queries = link.queries.size();
  std::vector<float> rows(static_cast<size_t>(queries * keys));
  source.weights(head, link.queries, {0, keys}, rows.data());
  HeadLink out{.id = head.id};
  std::vector<double> mean(static_cast<size_t>(keys));
  bool seen = false;
  for (int64_t q = 0; q < queries; ++q) {
    const int64_t i = link.queries.begin + q;
    const Range visible = visible_keys(mask, i, keys);
    const float* row = rows.data() + q * keys;
    seen = seen || (visible.begin < link.keys.end && link.keys.begin < visible.end);
    out.chance += expected(link, i, visible, row) / static_cast<double>(queries);
    for (int64_t j = 0; j < keys; ++j) {
      mean[static_cast<size_t>(j)] += static_cast<double>(row[j]) / static_cast<double>(queries);
    }
  }
  for (int64_t j = link.keys.begin; j < link.keys.end; ++j) {
    out.weight += mean[static_cast<size_t>(j)];
  }
  out.rank = seen ? rank_of(link, mean) : 0;
  out.lift = out.chance > 0 ? out.weight / out.chance : std::numeric_limits<double>::quiet_NaN();
  return out;
}

std::vector<HeadLink> links_of(const AttentionSource& source, int stack, const Link& link,
                               const RunControl& control) {
  const std::span<const StackInfo> stacks = source.info().stacks;
  const std::vector<HeadRef> heads = all_heads(stacks, stack);
  std::vector<HeadLink> out(heads.size());
  parallel_for(static_cast<int64_t>(heads.size()), [&](int64_t h) {
    control.cancel.check();
    const HeadRef head = heads[static_cast<size_t>(h)];
    const LayerInfo& layer = stacks[static_cast<size_t>(stack)].layer(head.id.layer);
    out[static_cast<size_t>(h)] = link_of(source, head, layer.rule.mask, link);
  });
  return out;
}

void check_token(const LinkSide& side, int64_t token, const char* name) {
  if (token >= 0 && token < side.size()) return;
  throw Error(ErrorCode::kUsage, std::string(name) + " " + std::to_string(token),
              "a token from 0 to " + std::to_string(side.size() - 1), "", "HS-LINK-01");
}

}  // namespace

std::vector<HeadLink> measure_link(const AttentionSource& source, const TokenLink& link,
                                   const RunControl& control) {
  const TraceInfo& info = source.info();
  const LinkSide query{info.tokens(link.stack, Side::kQuery)};
  const LinkSide key{info.tokens(link.stack, Side::kKey)};
  for (const auto& [side, span, name] :
       {std::tuple(&query, link.queries, "query"), std::tuple(&key, link.keys, "key")}) {
    check_token(*side, span.begin, name);
    check_token(*side, span.end - 1, name);
    if (span.size() > 0) continue;
    throw Error(ErrorCode::kUsage, std::string("no ") + name, "one token at least", "",
                "HS-LINK-01");
  }
  return links_of(source, link.stack,
                  {.query_side = query,
                   .key_side = key,
                   .queries = link.queries,
                   .keys = link.keys,
                   .one_text = query.text.ids == key.text.ids,
                   .words = true},
                  control);
}

std::vector<HeadLink> rank_links(const AttentionSource& source, const LinkQuestion& question,
                                 const RunControl& control) {
  const TraceInfo& info = source.info();
  const LinkSide query{info.tokens(question.stack, Side::kQuery)};
  const LinkSide key{info.tokens(question.stack, Side::kKey)};
  check_token(query, question.query, "query");
  check_token(key, question.key, "key");
  const Link link{
      .query_side = query,
      .key_side = key,
      .queries = question.words ? query.word_of(question.query)
                                : Range{question.query, question.query + 1},
      .keys = question.words ? key.word_of(question.key) : Range{question.key, question.key + 1},
      .one_text = query.text.ids == key.text.ids,
      .words = question.words};
  std::vector<HeadLink> out = links_of(source, question.stack, link, control);
  if (std::none_of(out.begin(), out.end(), [](const HeadLink& l) { return l.rank > 0; })) {
    throw Error(ErrorCode::kUsage,
                "key " + std::to_string(question.key) + " is hidden from query " +
                    std::to_string(question.query) + " by the mask",
                "a key that the query sees", "", "HS-LINK-01");
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const HeadLink& a, const HeadLink& b) { return a.weight > b.weight; });
  return out;
}

}  // namespace headscope
