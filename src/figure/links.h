// The values that a picture shows, and the mass that it leaves out.
#pragma once

#include <vector>

#include "figure/picture_axes.h"
#include "figure/series.h"
#include "headscope/attention_source.h"
#include "headscope/view_state.h"

namespace headscope {

// Every value that is needed for the picture. Queries and keys are items of its axes.
struct ShownValues {
  struct Row {
    size_t query = 0;
    std::vector<float> values;  // [keys]
    double total = 0;           // Σ |x| of the row, hidden keys included
  };
  std::vector<std::vector<Row>> rows;  // a series
  // What ink is relative to: 1 for weights, else the largest |x| of these.
  double largest = 1;
};
// Throws Error(kUsage): a quantity that the source has not, or (rollout and flow of long texts) has
// only for a pinned query.
ShownValues shown_values(const AttentionSource& source, const std::vector<Series>& series,
                         const PictureAxes& axes, const ViewState& state,
                         const RunControl& control = {});

struct Link {
  int series = 0;    // rank among those drawn
  size_t query = 0;  // items of the axes
  size_t key = 0;
  float value = 0;
  double strength = 0;  // 0 … 1, after the scale
};

struct LinkSet {
  std::vector<Link> links;  // by rising strength: the heaviest is drawn last, on top
  int64_t possible = 0;     // values that there are
  double drawn = 0;         // Σ |x| of what is drawn
  double total = 0;         // Σ |x| of the rows (or pinned columns) shown, hidden keys included
};

// Links with |x| ≥ the threshold, of each query the heaviest top-k (ties kept); with pins only
// those of the pinned tokens.
LinkSet collect_links(const ShownValues& shown, const PictureAxes& axes, const ViewState& state,
                      const std::vector<Pin>& pins);

// The heaviest lines a query keeps; 0 = all. Long texts have a limit unless they are told not to.
int effective_topk(const ViewState& state, const PictureAxes& axes);

// Display strength of a value that is relative to 1 (ui: Scale).
double strength(double value, Scale scale, double row_largest);

}  // namespace headscope
