#include "kernels/norm.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

void Add(const float* HWY_RESTRICT y, int64_t count, float* HWY_RESTRICT x) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, x + i);
  }
  for (; i < count; ++i) x[i] += y[i];
}

// y = x + residual; returns the sum.
HWY_INLINE float Join(const float* x, const float* residual, int64_t width, float* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes) {
    V z = hn::LoadU(d, x + i);
    if (residual) z = hn::Add(z, hn::LoadU(d, residual + i));
    hn::StoreU(z, d, y + i);
    sum = hn::Add(sum, z);
  }
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < width; ++i) total += y[i] = residual ? x[i] + residual[i] : x[i];
  return total;
}

HWY_INLINE float SumOfSquares(const float* z, int64_t width, float mean) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V middle = hn::Set(d, mean);
  V sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes) {
    const V c = hn::Sub(hn::LoadU(d, z + i), middle);
    sum = hn::MulAdd(c, c, sum);
  }
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < width; ++i) total += (z[i] - mean) * (z[i] - mean);
  return total;
}

void NormRow(const Norm& norm, const float* x, const float* residual, int64_t width, float* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const float sum = Join(x, residual, width, y);
  const float mean = norm.kind == NormKind::kRms ? 0.0f : sum / static_cast<float>(width);
  const float variance = SumOfSquares(y, width, mean) / static_cast<float>(width);
  const float scale = 1.0f / std::sqrt(variance + norm.eps);
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes) {
    const V c = hn::Mul(hn::Sub(hn::LoadU(d, y + i), hn::Set(d, mean)), hn::Set(d, scale));
    const V gamma = hn::LoadU(d, norm.gamma + i);
    hn::StoreU(norm.beta ? hn::MulAdd(c, gamma, hn::LoadU(d, norm.beta + i)) : hn::Mul(c, gamma), d,
               y + i);
  }
  for (; i < width; ++i) {
    y[i] = (y[i] - mean) * scale * norm.gamma[i] + (norm.beta ? norm.beta[i] : 0.0f);
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(Add);
HWY_EXPORT(NormRow);

void normalise(const Norm& norm, const float* x, const float* residual, int64_t rows, int64_t width,
               float* y) {
  constexpr int64_t kRows = 8;
  parallel_for((rows + kRows - 1) / kRows, [&](int64_t block) {
    const int64_t end = std::min(rows, (block + 1) * kRows);
    for (int64_t row = block * kRows; row < end; ++row) {
      const int64_t at = row * width;
      HWY_DYNAMIC_DISPATCH(NormRow)(norm, x + at, residual ? residual + at : nullptr, width,
                                    y + at);
    }
  });
}

void normalise_heads(const Norm& norm, int64_t rows, int64_t stride, int64_t heads, int64_t width,
                     float* x) {
  parallel_for(rows, [&](int64_t row) {
    for (int64_t h = 0; h < heads; ++h) {
      float* slice = x + row * stride + h * width;
      HWY_DYNAMIC_DISPATCH(NormRow)(norm, slice, nullptr, width, slice);
    }
  });
}

void add(const float* y, int64_t count, float* x) {
  constexpr int64_t kChunk = 16384;
  parallel_for((count + kChunk - 1) / kChunk, [&](int64_t chunk) {
    const int64_t begin = chunk * kChunk;
    HWY_DYNAMIC_DISPATCH(Add)(y + begin, std::min(kChunk, count - begin), x + begin);
  });
}

}  // namespace headscope
#endif  // HWY_ONCE
