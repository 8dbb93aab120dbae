// What is drawn together as one set of lines (a head, a combination of heads, a layer), and what
// its numbers are called.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/view_state.h"

namespace headscope {

struct Series {
  std::string name;  // "L2H0", "mean of L2H0, L2H6", "mean of 12 heads", "rollout to layer 2"
  std::vector<HeadRef> heads;  // one, all of a combination, or one that stands for its layer
  std::optional<size_t> slot;  // colour and dash; none: the text colour
};
std::vector<Series> series_of(const std::vector<HeadRef>& heads, const TraceInfo& info,
                              const ViewState& state);

// "Layer 2, head 0"; "Layer 2, heads 0, 6, 9"; "Layer 2, all 12 heads"; "L2H0, L6H11".
std::string name_heads(const std::vector<HeadRef>& heads, const TraceInfo& info);
// … with the quantity and the combination: "Layer 2, head 0: scores", "Rollout, layer 2".
std::string name_picture(const std::vector<HeadRef>& heads, const TraceInfo& info,
                         const ViewState& state);

// How a quantity is spoken of.
struct QuantityWords {
  std::string_view one;         // "Weight": the legend's
  std::string_view many;        // "weights"
  std::string_view mass;        // "weight": what a share is a share of
  std::string_view title;       // "norm-weighted attention"; empty for weights
  std::string_view definition;  // a sentence with its source; empty for weights
};
const QuantityWords& words_of(Quantity quantity);

}  // namespace headscope
