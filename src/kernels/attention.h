// Attention of one head, in blocks of query rows: scores, softmax, context. No map of a whole head
// is ever held; a block's rows are handed out where somebody asks for them.
//   s[i,j] by the layer's ScoreRule, over the keys j that the mask lets i see
//   lse_i = log(Σ_j exp(s[i,j]) + exp(sink));  p[i,j] = exp(s[i,j] − lse_i)
//   context_i = Σ_j p[i,j] v_j
// A block of rows is computed over the keys that at least one of its rows sees: a causal mask costs
// half, a window its width.
// Products and rule are those of headscope/score_kernel.h, so that the scores of the forward pass
// and those recomputed from a trace are the same floats.
#pragma once

#include <cstdint>
#include <limits>

#include "headscope/score_rule.h"
#include "headscope/tensor.h"

namespace headscope {

// A matrix whose rows are `stride` floats apart.
struct RowsView {
  const float* data = nullptr;
  int64_t stride = 0;
  const float* row(int64_t i) const { return data + i * stride; }
};

// One head of one text. Query, key and value may come from different buffers (cross-attention) and
// several heads may share key and value (grouped heads).
struct HeadView {
  RowsView query;           // [N, Dh]
  RowsView key;             // [M, Dh]
  RowsView value;           // [M, value_width]
  int64_t queries = 0;      // N
  int64_t keys = 0;         // M
  int64_t room = 0;         // keys that the packed head has place for; 0: as many as there are
  int64_t width = 0;        // Dh
  int64_t value_width = 0;  // of value and context
  ScoreRule rule;           // any but MaskKind::kDense, which models do not have
  // By rule.bias: kDistance [N+M−1] by j−i+N−1, kDense [N, M], kAlibi one slope.
  const float* bias = nullptr;
  float sink = -std::numeric_limits<float>::infinity();  // a logit that joins every row
};

struct HeadRows {
  float* context = nullptr;  // [rows, value_width], `stride` floats apart; may be null
  int64_t stride = 0;
  float* logsumexp = nullptr;  // [rows]; may be null
  float* attention = nullptr;  // [rows, M]; may be null
  float* sink = nullptr;       // [rows] the sink's share of each row; may be null
};

// Rows that a caller should ask for at once: more cost memory, fewer cost time.
inline constexpr int64_t kAttentionRows = 64;

// Floats that the packed keys and values of a head take, with room for `keys` of them.
int64_t packed_head_size(int64_t keys, int64_t width, int64_t value_width);
// Keys and values from `first` on; those before are packed already, in the same room.
void pack_head(const HeadView& head, float* packed, int64_t first = 0);
// Rows `rows` of the queries. A row's numbers do not depend on the rows asked beside it.
void attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out);
// The two products of attend() alone, on whatever numbers are there: what a benchmark measures as
// the least that attention must cost. context [rows.size(), value_width], `stride` floats apart, is
// written.
void attention_products(const HeadView& head, const float* packed, Range rows, float* context,
                        int64_t stride);

// G = Wᵀ·W of a head's slice W [D, width] of the output projection (rows `stride` floats apart),
// packed for value_norms. ‖W·v‖² = vᵀ·G·v costs width² a token instead of D·width.
int64_t gram_size(int64_t width);
void gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed);
// ‖W·v_j‖ of the head's values, out [M].
void value_norms(const HeadView& head, const float* gram, float* out);

}  // namespace headscope
