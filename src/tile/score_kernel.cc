#include "tile/score_kernel.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "tile/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/score_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
// A panel is this many keys, transposed: [Dh, kPanel]. Lanes run over keys, so that no sum crosses
// lanes and every (i, j) is summed in the same order.
constexpr int kPanel = 2 * kLanes;
// Rows at a time: 2 · kRows sums, two vectors of keys and one of the query fill the registers.
constexpr int kRows = kLanes >= 16 ? 8 : 6;
// Products added in one float32 chain; heads add several. On the real maps of 19 tokens the largest
// error was 5.7e-6 with 64 and 2.2e-6 with 32 (docs/decisions/010-score-kernel.md).
constexpr int64_t kChunk = 32;
constexpr float kHidden = -std::numeric_limits<float>::infinity();

#if HWY_TARGET == HWY_SCALAR
constexpr int64_t kBlocked = 1;  // no shuffles

HWY_INLINE void pack_block(const float* HWY_RESTRICT key, int64_t, float* HWY_RESTRICT to) {
  *to = *key;
}
#else
constexpr int64_t kBlocked = 4;

// A 4×4 block of keys × depth, transposed into the panel: a key at a time would store one float a
// row, all of them to few cache sets.
HWY_INLINE void pack_block(const float* HWY_RESTRICT key, int64_t depth, float* HWY_RESTRICT to) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, key), b = hn::LoadU(d, key + depth);
  const auto c = hn::LoadU(d, key + 2 * depth), e = hn::LoadU(d, key + 3 * depth);
  const auto ab_low = hn::InterleaveLower(d, a, b), ab_high = hn::InterleaveUpper(d, a, b);
  const auto ce_low = hn::InterleaveLower(d, c, e), ce_high = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce_low, ab_low), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_low, ab_low), d, to + kPanel);
  hn::StoreU(hn::ConcatLowerLower(d, ce_high, ab_high), d, to + 2 * kPanel);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_high, ab_high), d, to + 3 * kPanel);
}
#endif

// keys [count, depth] from `key` into panel [depth, kPanel]; missing keys are 0.
void pack(const float* HWY_RESTRICT key, int64_t count, int64_t depth, float* HWY_RESTRICT panel) {
  const int64_t blocked_keys = count / kBlocked * kBlocked;
  const int64_t blocked_depth = depth / kBlocked * kBlocked;
  for (int64_t lane = 0; lane < blocked_keys; lane += kBlocked) {
    for (int64_t k = 0; k < blocked_depth; k += kBlocked) {
      pack_block(key + lane * depth + k, depth, panel + k * kPanel + lane);
    }
  }
  for (int64_t lane = 0; lane < kPanel; ++lane) {
    for (int64_t k = lane < blocked_keys ? blocked_depth : 0; k < depth; ++k) {
      panel[k * kPanel + lane] = lane < count ? key[lane * depth + k] : 0.0f;
    }
  }
}

// Writes q·k of sizeof...(R) queries × one panel to products [rows, kPanel]. The packs of R unroll
// the rows, so that `low` and `high` live in registers.
template <size_t... R>
HWY_INLINE void multiply(std::index_sequence<R...>, const float* HWY_RESTRICT query, int64_t depth,
                         const float* HWY_RESTRICT panel, float* HWY_RESTRICT products) {
  const D d;
  for (int64_t begin = 0; begin < depth; begin += kChunk) {
    const int64_t end = HWY_MIN(begin + kChunk, depth);
    V low[sizeof...(R)];
    V high[sizeof...(R)];
    ((low[R] = high[R] = hn::Zero(d)), ...);
    for (int64_t k = begin; k < end; ++k) {
      const V left = hn::LoadU(d, panel + k * kPanel);
      const V right = hn::LoadU(d, panel + k * kPanel + kLanes);
      ((low[R] = hn::MulAdd(hn::Set(d, query[R * depth + k]), left, low[R]),
        high[R] = hn::MulAdd(hn::Set(d, query[R * depth + k]), right, high[R])),
       ...);
    }
    if (begin > 0) {
      ((low[R] = hn::Add(hn::LoadU(d, products + R * kPanel), low[R]),
        high[R] = hn::Add(hn::LoadU(d, products + R * kPanel + kLanes), high[R])),
       ...);
    }
    ((hn::StoreU(low[R], d, products + R * kPanel),
      hn::StoreU(high[R], d, products + R * kPanel + kLanes)),
     ...);
  }
}

// multiply for `rows` queries, 1 to kRows: finds the instance of that many rows.
template <int kCount = kRows>
HWY_INLINE void multiply_rows(int64_t rows, const float* query, int64_t depth, const float* panel,
                              float* products) {
  if constexpr (kCount > 1) {
    if (rows < kCount) return multiply_rows<kCount - 1>(rows, query, depth, panel, products);
  }
  multiply(std::make_index_sequence<kCount>(), query, depth, panel, products);
}

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
      if (!packed) pack(head.key + j * head.width, count, head.width, panel.get());
      packed = true;
      multiply_rows(height, head.query + i * head.width, head.width, panel.get(), products);
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
