#include "tile/row_kernel.h"

#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/row_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
// Values that one float32 lane adds before the sum goes to double.
constexpr int64_t kSpan = 16 * kLanes;

enum class Into { kNothing, kMax, kSum };

// Σ row; on the way the row goes into `pooled`.
template <Into kInto>
HWY_INLINE double pass(const float* HWY_RESTRICT row, int64_t n, float* HWY_RESTRICT pooled) {
  const D d;
  double total = 0;
  int64_t j = 0;
  while (j + kLanes <= n) {
    V sum = hn::Zero(d);
    const int64_t end = HWY_MIN(j + kSpan, n);
    for (; j + kLanes <= end; j += kLanes) {
      const V x = hn::LoadU(d, row + j);
      sum = hn::Add(sum, x);
      if constexpr (kInto == Into::kMax) {
        hn::StoreU(hn::Max(hn::LoadU(d, pooled + j), x), d, pooled + j);
      }
      if constexpr (kInto == Into::kSum) {
        hn::StoreU(hn::Add(hn::LoadU(d, pooled + j), x), d, pooled + j);
      }
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
  for (; j < n; ++j) {
    total += static_cast<double>(row[j]);
    if constexpr (kInto == Into::kMax) pooled[j] = HWY_MAX(pooled[j], row[j]);
    if constexpr (kInto == Into::kSum) pooled[j] += row[j];
  }
  return total;
}

double PoolMax(const float* row, int64_t n, float* pooled) {
  return pass<Into::kMax>(row, n, pooled);
}

double PoolSum(const float* row, int64_t n, float* pooled) {
  return pass<Into::kSum>(row, n, pooled);
}

double SumRow(const float* row, int64_t n) { return pass<Into::kNothing>(row, n, nullptr); }

void MultiplyRow(const float* HWY_RESTRICT factors, int64_t n, float* HWY_RESTRICT row) {
  const D d;
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, factors + j), hn::LoadU(d, row + j)), d, row + j);
  }
  for (; j < n; ++j) row[j] *= factors[j];
}

void AddScaledRow(float factor, const float* HWY_RESTRICT row, int64_t n,
                  float* HWY_RESTRICT into) {
  const D d;
  const V scale = hn::Set(d, factor);
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    hn::StoreU(hn::MulAdd(scale, hn::LoadU(d, row + j), hn::LoadU(d, into + j)), d, into + j);
  }
  for (; j < n; ++j) into[j] += factor * row[j];
}

void ScaleRow(float factor, int64_t n, float* row) {
  const D d;
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    hn::StoreU(hn::Mul(hn::Set(d, factor), hn::LoadU(d, row + j)), d, row + j);
  }
  for (; j < n; ++j) row[j] *= factor;
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(PoolMax);
HWY_EXPORT(PoolSum);
HWY_EXPORT(SumRow);
HWY_EXPORT(MultiplyRow);
HWY_EXPORT(AddScaledRow);
HWY_EXPORT(ScaleRow);

double pool_max(const float* row, int64_t n, float* pooled) {
  return HWY_DYNAMIC_DISPATCH(PoolMax)(row, n, pooled);
}

double pool_sum(const float* row, int64_t n, float* pooled) {
  return HWY_DYNAMIC_DISPATCH(PoolSum)(row, n, pooled);
}

double sum_row(const float* row, int64_t n) { return HWY_DYNAMIC_DISPATCH(SumRow)(row, n); }

void multiply_row(const float* factors, int64_t n, float* row) {
  HWY_DYNAMIC_DISPATCH(MultiplyRow)(factors, n, row);
}

void add_scaled_row(float factor, const float* row, int64_t n, float* into) {
  HWY_DYNAMIC_DISPATCH(AddScaledRow)(factor, row, n, into);
}

void scale_row(float factor, int64_t n, float* row) {
  HWY_DYNAMIC_DISPATCH(ScaleRow)(factor, n, row);
}

}  // namespace headscope
#endif  // HWY_ONCE
