// The score kernel: blocks of one head's scores and attention weights from its queries and keys.
//   score[i,j]  = cap(scale · q_i·k_j) + bias(i,j) + mask(i,j)
//   weight[i,j] = exp(score[i,j] − lse_i)
//
// Goals: the value of (i, j) does not depend on the block it is asked in, bit for bit, so that a
// picture, a table and a pinned row agree; error a few float32 roundings. Sums over Dh run in
// chunks (docs/decisions/010-score-kernel.md).
// Non-goals: log-sum-exp (the forward pass has it), pooling.
#pragma once

#include <cstdint>

#include "headscope/tensor.h"
#include "headscope/trace_info.h"

namespace headscope {

struct HeadScores {
  const float* query = nullptr;      // [N, Dh]
  const float* key = nullptr;        // [M, Dh]
  const float* logsumexp = nullptr;  // [N]; scores do without
  int64_t queries = 0;               // N
  int64_t keys = 0;                  // M
  int64_t width = 0;                 // Dh
  float scale = 1.0f;
  float softcap = 0.0f;  // 0 = none
  MaskInfo mask;
  const float* distance_bias = nullptr;  // [N+M−1] by j−i+(N−1)
  const float* dense_bias = nullptr;     // [N, M]
  const float* dense_mask = nullptr;     // [N, M], 0 or −infinity
};

// Keys that causal, window and padding masks let query `row` see.
Range visible_keys(const MaskInfo& mask, int64_t row, int64_t keys);

// out[(i − rows.begin)·stride + j − cols.begin]; masked keys are −infinity, or weight exactly 0.
void score_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride);
void weight_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride);

}  // namespace headscope
