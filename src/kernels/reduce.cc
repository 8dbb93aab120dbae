#include "kernels/reduce.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/parallel.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduce.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// x·0 is 0 for finite x and NaN otherwise, so a sum of them is 0 or NaN.
bool AllFinite(const float* HWY_RESTRICT x, int64_t count) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V a = hn::Zero(d), b = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    a = hn::MulAdd(hn::LoadU(d, x + i), hn::Zero(d), a);
    b = hn::MulAdd(hn::LoadU(d, x + i + lanes), hn::Zero(d), b);
  }
  bool finite = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b))) == 0.0f;
  for (; i < count; ++i) finite &= std::isfinite(x[i]);
  return finite;
}

float Maximum(const float* HWY_RESTRICT x, int64_t count) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  float most = x[0];
  int64_t i = 0;
  if (count >= lanes) {
    V v = hn::LoadU(d, x);
    for (i = lanes; i + lanes <= count; i += lanes) v = hn::Max(v, hn::LoadU(d, x + i));
    most = hn::GetLane(hn::MaxOfLanes(d, v));
  }
  for (; i < count; ++i) most = std::max(most, x[i]);
  return most;
}

// Σ exp(x[i] − most).
float SumOfExp(const float* HWY_RESTRICT x, int64_t count, float most) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    sum = hn::Add(sum, hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, most))));
  }
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < count; ++i) total += std::exp(x[i] - most);
  return total;
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(AllFinite);
HWY_EXPORT(Maximum);
HWY_EXPORT(SumOfExp);

int64_t first_not_finite(const float* x, int64_t count) {
  constexpr int64_t kChunk = int64_t{1} << 16;
  std::atomic<bool> finite{true};
  parallel_for((count + kChunk - 1) / kChunk, [&](int64_t chunk) {
    const int64_t begin = chunk * kChunk;
    if (!HWY_DYNAMIC_DISPATCH(AllFinite)(x + begin, std::min(kChunk, count - begin))) {
      finite = false;
    }
  });
  if (finite) return -1;
  return std::find_if_not(x, x + count, [](float value) { return std::isfinite(value); }) - x;
}

double log_sum_exp(const float* x, int64_t count) {
  constexpr int64_t kChunk = 4096;
  const float most = HWY_DYNAMIC_DISPATCH(Maximum)(x, count);
  double sum = 0;
  for (int64_t i = 0; i < count; i += kChunk) {
    sum += HWY_DYNAMIC_DISPATCH(SumOfExp)(x + i, std::min(kChunk, count - i), most);
  }
  return most + std::log(sum);
}

}  // namespace headscope
#endif  // HWY_ONCE
