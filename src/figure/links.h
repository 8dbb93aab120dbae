// The values that a picture shows, and the mass that it leaves out.
#pragma once

#include <vector>

#include "figure/series.h"
#include "headscope/attention_source.h"
#include "headscope/view_state.h"

namespace headscope {

// The part of the order of operations that tiles do (headscope/tile.h). Tokens that the app's
// reader marked as special are in the link's key mk.
TileOps tile_ops(const ViewState& state);

// Token indices shown in each column after sentence filter and special-token mask.
struct VisibleTokens {
  std::vector<int> queries;
  std::vector<int> keys;
  bool shows_query(int token) const;
  bool shows_key(int token) const;
};
// Throws Error(kUsage) for a sentence filter on a text without B.
VisibleTokens visible_tokens(const TraceInfo& info, int stack, const ViewState& state);

// Every value of the visible tokens that is needed for the picture.
struct ShownValues {
  struct Row {
    int query = 0;
    std::vector<float> values;  // [visible keys]
    double total = 0;           // Σ |x| of the row, hidden keys included
  };
  std::vector<std::vector<Row>> rows;  // a series
  // What ink is relative to: 1 for weights, else the largest |x| of these.
  double largest = 1;
};
// Throws Error(kUsage): a quantity that the source has not, or (rollout and flow of long texts) has
// only for a pinned query.
ShownValues shown_values(const AttentionSource& source, const std::vector<Series>& series,
                         const VisibleTokens& visible, const ViewState& state,
                         const RunControl& control = {});

struct Link {
  int series = 0;  // rank among those drawn
  int query = 0;
  int key = 0;
  float value = 0;
  double strength = 0;  // 0 … 1, after the scale
};

struct LinkSet {
  std::vector<Link> links;  // by rising strength: the heaviest is drawn last, on top
  int64_t possible = 0;     // values of the visible tokens
  double drawn = 0;         // Σ |x| of what is drawn
  double total = 0;         // Σ |x| of the rows (or pinned columns) shown, hidden keys included
};

// Links with |x| ≥ the threshold, of each query the heaviest top-k (ties kept); with pins only
// those of the pinned tokens.
LinkSet collect_links(const ShownValues& shown, const VisibleTokens& visible,
                      const ViewState& state, const std::vector<Pin>& pins);

// The heaviest lines a query keeps; 0 = all. Long texts have a limit unless they are told not to.
int effective_topk(const ViewState& state, const VisibleTokens& visible);

// Display strength of a value that is relative to 1 (ui: Scale).
double strength(double value, Scale scale, double row_largest);

}  // namespace headscope
