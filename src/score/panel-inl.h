// Products of rows with a panel, a matrix [depth, kPanel] whose columns fill two vectors: the one
// inner loop of score tiles and of the forward pass's attention, so that a score has the same bits
// in both. Lanes run over columns: no sum crosses lanes, and a result does not depend on the rows
// and columns beside it.
//
// For Highway's foreach_target files, after <hwy/highway.h>; hence the guard that opens once a
// target.
#if defined(HEADSCOPE_SCORE_PANEL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADSCOPE_SCORE_PANEL_INL_H
#undef HEADSCOPE_SCORE_PANEL_INL_H
#else
#define HEADSCOPE_SCORE_PANEL_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
constexpr int64_t kPanel = 2 * kLanes;
// Rows at a time: 2 · kRows sums, two vectors of the panel and one of the row fill the registers.
constexpr int kRows = kLanes >= 16 ? 8 : 6;
// Products added in one float32 chain; longer sums add several. On the real maps of 19 tokens the
// largest error was 5.7e-6 with 64 and 2.2e-6 with 32 (docs/decisions/010-score-kernel.md).
constexpr int64_t kChunk = 32;

#if HWY_TARGET == HWY_SCALAR
constexpr int64_t kBlocked = 1;  // no shuffles

HWY_INLINE void PackBlock(const float* HWY_RESTRICT from, int64_t, float* HWY_RESTRICT to) {
  *to = *from;
}
#else
constexpr int64_t kBlocked = 4;

// A 4×4 block, transposed into the panel: a column at a time would store one float a row, all of
// them to few cache sets.
HWY_INLINE void PackBlock(const float* HWY_RESTRICT from, int64_t stride, float* HWY_RESTRICT to) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  const auto c = hn::LoadU(d, from + 2 * stride), e = hn::LoadU(d, from + 3 * stride);
  const auto ab_low = hn::InterleaveLower(d, a, b), ab_high = hn::InterleaveUpper(d, a, b);
  const auto ce_low = hn::InterleaveLower(d, c, e), ce_high = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce_low, ab_low), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_low, ab_low), d, to + kPanel);
  hn::StoreU(hn::ConcatLowerLower(d, ce_high, ab_high), d, to + 2 * kPanel);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_high, ab_high), d, to + 3 * kPanel);
}
#endif

// Rows [count ≤ kPanel, depth], `stride` floats apart, as the columns of panel [depth, kPanel];
// missing columns are 0.
HWY_INLINE void PackTransposed(const float* HWY_RESTRICT from, int64_t stride, int64_t count,
                               int64_t depth, float* HWY_RESTRICT panel) {
  const int64_t blocked_count = count / kBlocked * kBlocked;
  const int64_t blocked_depth = depth / kBlocked * kBlocked;
  for (int64_t lane = 0; lane < blocked_count; lane += kBlocked) {
    for (int64_t k = 0; k < blocked_depth; k += kBlocked) {
      PackBlock(from + lane * stride + k, stride, panel + k * kPanel + lane);
    }
  }
  for (int64_t lane = 0; lane < kPanel; ++lane) {
    for (int64_t k = lane < blocked_count ? blocked_depth : 0; k < depth; ++k) {
      panel[k * kPanel + lane] = lane < count ? from[lane * stride + k] : 0.0f;
    }
  }
}

// A row-major matrix, `stride` floats from row to row.
template <class T>
struct Strided {
  T* data;
  int64_t stride;
};

// out [rows, kPanel] = rows [rows, depth] × panel [depth, kPanel], added to what is there where
// `add`. Sums run in chains of kChain products. The packs of R unroll the rows, so that `low` and
// `high` live in registers.
template <int64_t kChain, size_t... R>
HWY_INLINE void Multiply(std::index_sequence<R...>, Strided<const float> rows, int64_t depth,
                         const float* HWY_RESTRICT panel, Strided<float> out, bool add) {
  const D d;
  for (int64_t begin = 0; begin < depth; begin += kChain) {
    const int64_t end = HWY_MIN(begin + kChain, depth);
    V low[sizeof...(R)];
    V high[sizeof...(R)];
    ((low[R] = high[R] = hn::Zero(d)), ...);
    for (int64_t k = begin; k < end; ++k) {
      const V left = hn::LoadU(d, panel + k * kPanel);
      const V right = hn::LoadU(d, panel + k * kPanel + kLanes);
      ((low[R] = hn::MulAdd(hn::Set(d, rows.data[R * rows.stride + k]), left, low[R]),
        high[R] = hn::MulAdd(hn::Set(d, rows.data[R * rows.stride + k]), right, high[R])),
       ...);
    }
    if (begin > 0 || add) {
      ((low[R] = hn::Add(hn::LoadU(d, out.data + R * out.stride), low[R]),
        high[R] = hn::Add(hn::LoadU(d, out.data + R * out.stride + kLanes), high[R])),
       ...);
    }
    ((hn::StoreU(low[R], d, out.data + R * out.stride),
      hn::StoreU(high[R], d, out.data + R * out.stride + kLanes)),
     ...);
  }
}

// Multiply for `count` rows, 1 to kRows: finds the instance of that many rows.
template <int64_t kChain = kChunk, int kCount = kRows>
HWY_INLINE void MultiplyRows(int64_t count, Strided<const float> rows, int64_t depth,
                             const float* panel, Strided<float> out, bool add = false) {
  if constexpr (kCount > 1) {
    if (count < kCount) {
      return MultiplyRows<kChain, kCount - 1>(count, rows, depth, panel, out, add);
    }
  }
  Multiply<kChain>(std::make_index_sequence<kCount>(), rows, depth, panel, out, add);
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the guard
