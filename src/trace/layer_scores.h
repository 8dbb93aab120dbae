// What the score kernel needs of one head of a layer.
#pragma once

#include <vector>

#include "headscope/score_kernel.h"
#include "headscope/trace.h"

namespace headscope {

// One head's rows of queries and keys. Half-precision ones are widened here, those of `rows` and
// `cols` alone, so the scores can be asked of these rows and columns only. Borrows the arrays.
class HeadBlock {
 public:
  HeadBlock(const LayerInfo& layer, const LayerArrays& arrays, int head, Range rows, Range cols);
  HeadBlock(const HeadBlock&) = delete;
  HeadBlock& operator=(const HeadBlock&) = delete;

  HeadScores scores;

 private:
  std::vector<float> query_, key_;
};

// Logits of the layer's sinks, [H], from the sinks' shares and the log-sum-exp; empty without
// sinks.
std::vector<float> sink_logits(const LayerInfo& layer, const LayerArrays& arrays);

}  // namespace headscope
