// Attention of one head, in blocks of query rows: scores, softmax, context. No map of a whole head
// is ever held; a block's rows are handed out where somebody asks for them.
//   s[i,j] = scale · q_i·k_j;  lse_i = log Σ_j exp(s[i,j]);  p[i,j] = exp(s[i,j] − lse_i);
//   context_i = Σ_j p[i,j] v_j
// Products are those of score/panel-inl.h, as in headscope/score_kernel.h, so that the scores of
// the forward pass and those recomputed from a trace are the same floats.
#pragma once

#include <cstdint>

#include "headscope/tensor.h"
#include "headscope/trace_info.h"

namespace headscope {

// One head of one text: rows of Dh floats, `stride` floats apart.
struct HeadView {
  const float* query = nullptr;  // [N, Dh]
  const float* key = nullptr;    // [M, Dh]
  const float* value = nullptr;  // [M, Dh]
  int64_t stride = 0;
  int64_t keys = 0;   // M
  int64_t width = 0;  // Dh
  float scale = 1.0f;
  MaskInfo mask;
};

struct HeadRows {
  float* context = nullptr;  // [rows, Dh], `stride` floats apart
  int64_t stride = 0;
  float* logsumexp = nullptr;  // [rows]; may be null
  float* attention = nullptr;  // [rows, M]; may be null
};

// Rows that a caller should ask for at once: more cost memory, fewer cost time.
inline constexpr int64_t kAttentionRows = 64;

// Floats that the packed keys and values of a head take.
int64_t packed_head_size(int64_t keys, int64_t width);
void pack_head(const HeadView& head, float* packed);
// Rows `rows` of the queries.
void attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out);
// The two products of attend() alone, on whatever numbers are there: what a benchmark measures as
// the least that attention must cost. context [rows.size(), Dh], `stride` floats apart, is written.
void attention_products(const HeadView& head, const float* packed, Range rows, float* context,
                        int64_t stride);

// G = Wᵀ·W of a head's slice W [D, Dh] of the output projection (rows `stride` floats apart),
// packed for value_norms. ‖W·v‖² = vᵀ·G·v costs Dh² a token instead of D·Dh.
int64_t gram_size(int64_t width);
void gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed);
// ‖W·v_j‖ of the head's values, out [M].
void value_norms(const HeadView& head, const float* gram, float* out);

}  // namespace headscope
