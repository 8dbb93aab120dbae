#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "headscope/score_kernel.h"
#include "kernels/buffer.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

int64_t Panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// One panel of a row-major matrix [depth, columns ≤ kPanel]; missing columns are 0.
void PackRows(const float* from, int64_t stride, int64_t depth, int64_t columns, float* panel) {
  for (int64_t k = 0; k < depth; ++k, panel += kPanel) {
    std::copy_n(from + k * stride, columns, panel);
    std::fill_n(panel + columns, kPanel - columns, 0.0f);
  }
}

// out [count, panels · kPanel] = rows [count, depth] × packed matrix.
void Product(Strided<const float> rows, int64_t count, int64_t depth, const float* packed,
             int64_t panels, float* out) {
  const int64_t stride = panels * kPanel;
  for (int64_t p = 0; p < panels; ++p) {
    for (int64_t i = 0; i < count; i += kRows) {
      MultiplyRows(std::min<int64_t>(kRows, count - i), {rows.data + i * rows.stride, rows.stride},
                   depth, packed + p * depth * kPanel, {out + i * stride + p * kPanel, stride});
    }
  }
}

// Products q·k [M, padded to whole vectors] to exp(s − max s), 0 where the query does not see the
// key. Returns log Σ exp(s) and leaves 1/Σ exp(s − max s) in `inverse`.
float SoftmaxRow(float scale, Range seen, int64_t keys, float* HWY_RESTRICT row, float* inverse) {
  const D d;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto padded = (keys + kLanes - 1) / kLanes * kLanes;
  std::fill(row, row + seen.begin, -kInfinity);
  std::fill(row + seen.end, row + padded, -kInfinity);
  V most = hn::Set(d, -kInfinity);
  for (int64_t j = 0; j < padded; j += kLanes) {
    const V s = hn::Mul(hn::LoadU(d, row + j), hn::Set(d, scale));
    hn::StoreU(s, d, row + j);
    most = hn::Max(most, s);
  }
  const float top = hn::GetLane(hn::MaxOfLanes(d, most));
  V sum = hn::Zero(d);
  for (int64_t j = 0; j < padded; j += kLanes) {
    const V x = hn::Sub(hn::LoadU(d, row + j), hn::Set(d, top));
    // Exp wants finite numbers; what it makes of −104 is 0.
    const V p = hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -104.0f)),
                                   hn::Exp(d, hn::Max(x, hn::Set(d, -104.0f))));
    hn::StoreU(p, d, row + j);
    sum = hn::Add(sum, p);
  }
  const float total = hn::GetLane(hn::SumOfLanes(d, sum));
  *inverse = 1.0f / total;
  return top + std::log(total);
}

void Scale(const float* HWY_RESTRICT from, float factor, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, from + i), hn::Set(d, factor)), d, to + i);
  }
  for (; i < count; ++i) to[i] = from[i] * factor;
}

int64_t PackedHeadSize(int64_t keys, int64_t width) {
  return Panels(keys) * kPanel * width + Panels(width) * kPanel * keys;
}

void PackHead(const HeadView& head, float* packed) {
  for (int64_t j = 0; j < head.keys; j += kPanel, packed += kPanel * head.width) {
    PackTransposed(head.key + j * head.stride, head.stride, std::min(kPanel, head.keys - j),
                   head.width, packed);
  }
  for (int64_t c = 0; c < head.width; c += kPanel, packed += kPanel * head.keys) {
    PackRows(head.value + c, head.stride, head.keys, std::min(kPanel, head.width - c), packed);
  }
}

int64_t ScratchSize(int64_t keys, int64_t width, int64_t rows) {
  return std::min(kAttentionRows, rows) * (Panels(keys) + Panels(width)) * kPanel;
}

void Attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out,
            float* scratch) {
  const int64_t key_panels = Panels(head.keys), value_panels = Panels(head.width);
  const int64_t score_stride = key_panels * kPanel, context_stride = value_panels * kPanel;
  const float* values = packed + key_panels * kPanel * head.width;
  const int64_t most = std::min(kAttentionRows, rows.size());
  float* scores = scratch;
  float* contexts = scores + most * score_stride;
  float inverse[kAttentionRows];
  for (int64_t begin = rows.begin; begin < rows.end; begin += kAttentionRows) {
    const int64_t count = std::min(kAttentionRows, rows.end - begin);
    const int64_t at = begin - rows.begin;
    Product({head.query + begin * head.stride, head.stride}, count, head.width, packed, key_panels,
            scores);
    for (int64_t i = 0; i < count; ++i) {
      float* row = scores + i * score_stride;
      const float lse = SoftmaxRow(head.scale, visible_keys(head.mask, begin + i, head.keys),
                                   head.keys, row, &inverse[i]);
      if (out.logsumexp) out.logsumexp[at + i] = lse;
      if (out.attention) Scale(row, inverse[i], head.keys, out.attention + (at + i) * head.keys);
    }
    Product({scores, score_stride}, count, head.keys, values, value_panels, contexts);
    for (int64_t i = 0; i < count; ++i) {
      Scale(contexts + i * context_stride, inverse[i], head.width,
            out.context + (at + i) * out.stride);
    }
  }
}

void AttentionProducts(const HeadView& head, const float* packed, Range rows, float* context,
                       int64_t stride, float* scratch) {
  const int64_t key_panels = Panels(head.keys), value_panels = Panels(head.width);
  const int64_t score_stride = key_panels * kPanel;
  const int64_t most = std::min(kAttentionRows, rows.size());
  float* contexts = scratch + most * score_stride;
  for (int64_t begin = rows.begin; begin < rows.end; begin += kAttentionRows) {
    const int64_t count = std::min(kAttentionRows, rows.end - begin);
    Product({head.query + begin * head.stride, head.stride}, count, head.width, packed, key_panels,
            scratch);
    Product({scratch, score_stride}, count, head.keys, packed + score_stride * head.width,
            value_panels, contexts);
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(contexts + i * value_panels * kPanel, head.width,
                  context + (begin - rows.begin + i) * stride);
    }
  }
}

int64_t GramSize(int64_t width) { return Panels(width) * kPanel * width; }

void Gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed) {
  const int64_t panels = Panels(width), padded = panels * kPanel;
  const auto scratch = std::make_unique_for_overwrite<float[]>(
      static_cast<size_t>(width * rows + padded * rows + width * padded));
  float* transposed = scratch.get();         // [Dh, D]
  float* right = transposed + width * rows;  // panels [D, kPanel]
  float* product = right + padded * rows;    // [Dh, padded]
  for (int64_t o = 0; o < rows; ++o) {
    for (int64_t a = 0; a < width; ++a) transposed[a * rows + o] = weight[o * stride + a];
  }
  for (int64_t p = 0; p < panels; ++p) {
    PackRows(weight + p * kPanel, stride, rows, std::min(kPanel, width - p * kPanel),
             right + p * rows * kPanel);
  }
  Product({transposed, rows}, width, rows, right, panels, product);
  for (int64_t p = 0; p < panels; ++p) {
    PackRows(product + p * kPanel, padded, width, kPanel, packed + p * width * kPanel);
  }
}

void ValueNorms(const HeadView& head, const float* gram_matrix, float* out) {
  const int64_t panels = Panels(head.width), stride = panels * kPanel;

  const auto image = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(kRows * stride));
  for (int64_t j = 0; j < head.keys; j += kRows) {
    const int64_t count = std::min<int64_t>(kRows, head.keys - j);
    Product({head.value + j * head.stride, head.stride}, count, head.width, gram_matrix, panels,
            image.get());
    for (int64_t i = 0; i < count; ++i) {
      const float* v = head.value + (j + i) * head.stride;
      double square = 0;
      for (int64_t c = 0; c < head.width; ++c) square += double{v[c]} * image[i * stride + c];
      out[j + i] = static_cast<float>(std::sqrt(std::max(square, 0.0)));
    }
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(PackedHeadSize);
HWY_EXPORT(PackHead);
HWY_EXPORT(ScratchSize);
HWY_EXPORT(Attend);
HWY_EXPORT(AttentionProducts);
HWY_EXPORT(GramSize);
HWY_EXPORT(Gram);
HWY_EXPORT(ValueNorms);

int64_t packed_head_size(int64_t keys, int64_t width) {
  return HWY_DYNAMIC_DISPATCH(PackedHeadSize)(keys, width);
}
void pack_head(const HeadView& head, float* packed) {
  HWY_DYNAMIC_DISPATCH(PackHead)(head, packed);
}

namespace {

// Kept by each thread of the team: fresh memory for every block would cost page faults.
float* scratch_for(const HeadView& head, Range rows) {
  thread_local Buffer scratch;
  const int64_t size = HWY_DYNAMIC_DISPATCH(ScratchSize)(head.keys, head.width, rows.size());
  return scratch.reserve(static_cast<size_t>(size));
}

}  // namespace

void attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out) {
  HWY_DYNAMIC_DISPATCH(Attend)(head, packed, rows, out, scratch_for(head, rows));
}
void attention_products(const HeadView& head, const float* packed, Range rows, float* context,
                        int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AttentionProducts)
  (head, packed, rows, context, stride, scratch_for(head, rows));
}
int64_t gram_size(int64_t width) { return HWY_DYNAMIC_DISPATCH(GramSize)(width); }
void gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed) {
  HWY_DYNAMIC_DISPATCH(Gram)(weight, stride, rows, width, packed);
}
void value_norms(const HeadView& head, const float* gram_matrix, float* out) {
  HWY_DYNAMIC_DISPATCH(ValueNorms)(head, gram_matrix, out);
}

}  // namespace headscope
#endif  // HWY_ONCE
