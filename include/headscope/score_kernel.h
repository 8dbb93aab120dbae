// The score kernel: blocks of one head's scores and attention weights from its queries and keys,
// and the log-sum-exp of its rows, all by the layer's ScoreRule (headscope/score_rule.h).
//
// Goals: the value of (i, j) does not depend on the block it is asked in, bit for bit, so that a
// picture, a table and a pinned row agree; error a few float32 roundings. Sums over Dh run in
// chunks (docs/decisions/010-score-kernel.md).
// Non-goals: pooling (headscope/tile.h), heads in groups (a caller passes its head's key/value
// head).
#pragma once

#include <cstdint>
#include <limits>

#include "headscope/score_rule.h"

namespace headscope {

// One head. Rows of queries and keys are dense floats, `…_stride` floats from row to row. A caller
// may hold a part of them: the rows from `first_query`, `first_key` on that a block needs.
struct HeadScores {
  const float* query = nullptr;      // [N, Dh]
  const float* key = nullptr;        // [M, Dh]
  const float* logsumexp = nullptr;  // [N]; weight_block alone reads it
  int64_t queries = 0;               // N
  int64_t keys = 0;                  // M
  int64_t width = 0;                 // Dh
  int64_t query_stride = 0;          // 0 = width
  int64_t key_stride = 0;            // 0 = width
  int64_t first_query = 0;           // the row that `query` points at
  int64_t first_key = 0;
  ScoreRule rule;
  // By rule.bias: kDistance [N+M−1] by j−i+(N−1); kDense [N, M]; kAlibi one slope. Null = none.
  const float* bias = nullptr;
  const float* dense_mask = nullptr;                     // MaskKind::kDense: [N, M], 0 or −infinity
  float sink = -std::numeric_limits<float>::infinity();  // rule.sinks: the head's logit
};

// out[(i − rows.begin)·stride + j − cols.begin]; masked keys are −infinity, or weight exactly 0.
void score_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride);
void weight_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride);

// out [rows.size()]: log(exp(sink) + Σ_j exp(s[i,j])) over all M keys, natural log, summed in
// double precision; −infinity for a query that sees no key and has no sink. `sink_share`
// [rows.size()] or null: exp(sink − lse), the part of the row that goes to the sink. The result for
// a row does not depend on the other rows asked.
void logsumexp_rows(const HeadScores& head, Range rows, float* out, float* sink_share = nullptr);

}  // namespace headscope
