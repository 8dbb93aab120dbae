#include "tile/score_kernel.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "tile/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/score_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "tile/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// The first `count` of kLanes floats; reads no further.
HWY_INLINE V load_some(D d, const float* from, int64_t count) {
  if (count >= kLanes) return hn::LoadU(d, from);
  float padded[kLanes] = {};
  std::copy(from, from + count, padded);
  return hn::LoadU(d, padded);
}

HWY_INLINE void store_some(V value, D d, float* to, int64_t count) {
  if (count >= kLanes) return hn::StoreU(value, d, to);
  float padded[kLanes];
  hn::StoreU(value, d, padded);
  std::copy(padded, padded + count, to);
}

// From products to scores or weights: query i × keys j … j + count.
template <bool kWeights>
HWY_INLINE void finish(const HeadScores& head, int64_t i, int64_t j, int64_t count, Range seen,
                       const float* HWY_RESTRICT products, float* HWY_RESTRICT out) {
  const D d;
  const V scale = hn::Set(d, head.scale);
  for (int64_t at = 0; at < count; at += kLanes, j += kLanes) {
    const int64_t left = count - at;
    V x = hn::Mul(hn::LoadU(d, products + at), scale);
    if (head.softcap > 0) {
      x = hn::Mul(hn::Set(d, head.softcap), hn::Tanh(d, hn::Mul(x, hn::Set(d, 1 / head.softcap))));
    }
    if (head.distance_bias) {
      x = hn::Add(x, load_some(d, head.distance_bias + (j - i + head.queries - 1), left));
    }
    if (head.dense_bias) {
      x = hn::Add(x, load_some(d, head.dense_bias + i * head.keys + j, left));
    }
    if (head.dense_mask) {
      x = hn::Add(x, load_some(d, head.dense_mask + i * head.keys + j, left));
    }
    if constexpr (kWeights) {
      // A weight is at most 1, whatever the log-sum-exp was rounded to.
      x = hn::Exp(d, hn::Min(hn::Sub(x, hn::Set(d, head.logsumexp[i])), hn::Zero(d)));
    }
    if (j < seen.begin || j + kLanes > seen.end) {
      const V hidden = hn::Set(d, kWeights ? 0.0f : kHidden);
      const V index = hn::Iota(d, 0.0f);
      const auto first = static_cast<float>(std::clamp<int64_t>(seen.begin - j, 0, kLanes));
      const auto end = static_cast<float>(std::clamp<int64_t>(seen.end - j, 0, kLanes));
      x = hn::IfThenElse(hn::And(hn::Ge(index, hn::Set(d, first)), hn::Lt(index, hn::Set(d, end))),
                         x, hidden);
    }
    store_some(x, d, out + at, left);
  }
}

template <bool kWeights>
void block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  const std::unique_ptr<float[]> panel(new float[static_cast<size_t>(head.width * kPanel)]);
  float products[kRows * kPanel];
  Range seen[kRows];
  for (int64_t j = cols.begin; j < cols.end; j += kPanel) {
    const int64_t count = std::min<int64_t>(kPanel, cols.end - j);
    bool packed = false;
    for (int64_t i = rows.begin; i < rows.end; i += kRows) {
      const int64_t height = std::min<int64_t>(kRows, rows.end - i);
      bool any = false;
      for (int64_t r = 0; r < height; ++r) {
        // A query that sees no key at all has log-sum-exp −infinity and weights 0.
        const bool blind = kWeights && head.logsumexp[i + r] == kHidden;
        seen[r] = blind ? Range{} : visible_keys(head.mask, i + r, head.keys);
        any |= seen[r].begin < j + count && seen[r].end > j;
      }
      float* to = out + (i - rows.begin) * stride + (j - cols.begin);
      if (!any) {
        for (int64_t r = 0; r < height; ++r) {
          std::fill_n(to + r * stride, count, kWeights ? 0.0f : kHidden);
        }
        continue;
      }
      if (!packed) {
        PackTransposed(head.key + j * head.width, head.width, count, head.width, panel.get());
      }
      packed = true;
      MultiplyRows(height, {head.query + i * head.width, head.width}, head.width, panel.get(),
                   {products, kPanel});
      for (int64_t r = 0; r < height; ++r) {
        finish<kWeights>(head, i + r, j, count, seen[r], products + r * kPanel, to + r * stride);
      }
    }
  }
}

void ScoreBlock(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  block<false>(head, rows, cols, out, stride);
}

void WeightBlock(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  block<true>(head, rows, cols, out, stride);
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

Range visible_keys(const MaskInfo& mask, int64_t row, int64_t keys) {
  Range seen{0, keys};
  if (mask.kind == MaskKind::kCausal) seen.end = std::min(keys, row + 1);
  if (mask.kind == MaskKind::kWindow) {
    if (mask.left >= 0) seen.begin = std::clamp<int64_t>(row - mask.left, 0, keys);
    if (mask.right >= 0) seen.end = std::min(keys, row + mask.right + 1);
  }
  if (mask.key_length >= 0) seen.end = std::min(seen.end, mask.key_length);
  seen.begin = std::min(seen.begin, seen.end);
  return seen;
}

HWY_EXPORT(ScoreBlock);
HWY_EXPORT(WeightBlock);

void score_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(ScoreBlock)(head, rows, cols, out, stride);
}

void weight_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(WeightBlock)(head, rows, cols, out, stride);
}

}  // namespace headscope
#endif  // HWY_ONCE
