#include "figure/links.h"

#include <algorithm>
#include <numeric>

#include "headscope/error.h"

namespace headscope {

namespace {

std::vector<int> shown(const TokenSequence& tokens, int sentence, bool hide_special) {
  std::vector<int> out;
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    const auto at = static_cast<size_t>(i);
    if (sentence >= 0 && tokens.sentences.at(at) != sentence) continue;
    if (hide_special && tokens.special.at(at)) continue;
    out.push_back(i);
  }
  return out;
}

bool pinned(const std::vector<Pin>& pins, int query, int key) {
  if (pins.empty()) return true;
  return std::any_of(pins.begin(), pins.end(), [&](const Pin& pin) {
    return pin.index == (pin.side == PinSide::kQuery ? query : key);
  });
}

bool has_key_pin(const std::vector<Pin>& pins) {
  return std::any_of(pins.begin(), pins.end(),
                     [](const Pin& p) { return p.side == PinSide::kKey; });
}

}  // namespace

bool VisibleTokens::shows_query(int token) const {
  return std::binary_search(queries.begin(), queries.end(), token);
}
bool VisibleTokens::shows_key(int token) const {
  return std::binary_search(keys.begin(), keys.end(), token);
}

VisibleTokens visible_tokens(const TraceInfo& info, const ViewState& state) {
  const SentenceFilter f = state.filter;
  if (f != SentenceFilter::kAll && !info.query.text_b) {
    throw Error(ErrorCode::kUsage, "--attention between sentences on a single text",
                "a text B, or --attention all");
  }
  const bool all = f == SentenceFilter::kAll;
  const bool from_a = f == SentenceFilter::kAA || f == SentenceFilter::kAB;
  const bool to_a = f == SentenceFilter::kAA || f == SentenceFilter::kBA;
  const bool hide = state.special != SpecialMode::kShow;
  VisibleTokens out{shown(info.query,
                          all      ? -1
                          : from_a ? 0
                                   : 1,
                          hide),
                    shown(info.key_tokens(),
                          all    ? -1
                          : to_a ? 0
                                 : 1,
                          hide)};
  if (out.queries.empty() || out.keys.empty()) {
    throw Error(ErrorCode::kUsage, "no token is left to draw", "another --attention or --special");
  }
  return out;
}

LinkSet collect_links(const AttentionSource& source, const std::vector<HeadRef>& heads,
                      const VisibleTokens& visible, const ViewState& state,
                      const std::vector<Pin>& pins) {
  const int64_t keys = source.info().key_tokens().size();
  const bool renormalise = state.renormalise || state.special == SpecialMode::kHideRenormalise;
  std::vector<float> row(static_cast<size_t>(keys));
  LinkSet out;
  for (size_t h = 0; h < heads.size(); ++h) {
    for (const int query : visible.queries) {
      source.weights(heads[h], {query, query + 1}, {0, keys}, row.data());
      double left = 0;
      for (const int key : visible.keys) left += row[static_cast<size_t>(key)];
      const double factor = renormalise && left > 0 ? 1 / left : 1;
      const bool whole_row = pins.empty() || (!has_key_pin(pins) && pinned(pins, query, -1));
      if (whole_row) {
        out.total += renormalise && left > 0 ? 1 : std::accumulate(row.begin(), row.end(), 0.0);
      }
      for (const int key : visible.keys) {
        if (!pinned(pins, query, key)) continue;
        const auto weight = static_cast<float>(row[static_cast<size_t>(key)] * factor);
        ++out.possible;
        if (!whole_row) out.total += weight;
        if (weight <= 0 || weight < state.threshold) continue;
        out.drawn += weight;
        out.links.push_back({static_cast<int>(h), query, key, weight});
      }
    }
  }
  std::stable_sort(out.links.begin(), out.links.end(),
                   [](const Link& x, const Link& y) { return x.weight < y.weight; });
  return out;
}

}  // namespace headscope
