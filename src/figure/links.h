// The weights that a picture shows, and the mass that it leaves out.
#pragma once

#include <vector>

#include "headscope/attention_source.h"
#include "headscope/view_state.h"

namespace headscope {

// Token indices shown in each column after sentence filter and special-token mask.
struct VisibleTokens {
  std::vector<int> queries;
  std::vector<int> keys;
  bool shows_query(int token) const;
  bool shows_key(int token) const;
};
// Throws Error(kUsage) for a sentence filter on a text without B.
VisibleTokens visible_tokens(const TraceInfo& info, const ViewState& state);

struct Link {
  int head = 0;  // rank among the drawn heads
  int query = 0;
  int key = 0;
  float weight = 0;
};

struct LinkSet {
  std::vector<Link> links;  // by rising weight: the heaviest is drawn last, on top
  int64_t possible = 0;     // weights of the visible tokens
  double drawn = 0;         // sum of the drawn weights
  double total = 0;         // mass of the rows (or pinned columns) shown, hidden keys included
};

// Links of `heads` with weight ≥ the threshold; with pins only those of the pinned tokens.
// Order of operations (ui.md 3.0): weights → sentence filter → special mask → renormalise →
// threshold.
LinkSet collect_links(const AttentionSource& source, const std::vector<HeadRef>& heads,
                      const VisibleTokens& visible, const ViewState& state,
                      const std::vector<Pin>& pins);

}  // namespace headscope
