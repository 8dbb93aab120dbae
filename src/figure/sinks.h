// The share of each row that goes to a sink, which is no key (Xiao et al. 2023; gpt-oss).
#pragma once

#include <vector>

#include "figure/picture_axes.h"
#include "figure/series.h"
#include "headscope/attention_source.h"

namespace headscope {

// [queries of the axes]: a word's is the mean of its tokens', as its weights are. Empty where the
// head has no sink, and where rows are not whole rows of one head's weights: combined,
// renormalised, another quantity.
std::vector<float> sink_shares(const AttentionSource& source, const Series& series,
                               const PictureAxes& axes, const ViewState& state);

}  // namespace headscope
