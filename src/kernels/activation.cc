#include "kernels/activation.h"

#include <algorithm>

#include "base/parallel.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

void Activate(Activation activation, const float* x, const float* gate, float* y, int64_t count) {
  ActivateFloats(activation, x, gate, y, count);
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(Activate);

void activate(Activation activation, float* x, int64_t count) {
  constexpr int64_t kChunk = 16384;
  parallel_for((count + kChunk - 1) / kChunk, [&](int64_t chunk) {
    const int64_t begin = chunk * kChunk;
    HWY_DYNAMIC_DISPATCH(Activate)
    (activation, x + begin, nullptr, x + begin, std::min(kChunk, count - begin));
  });
}

void activate_block(Activation activation, float* y, int64_t rows, int64_t columns,
                    int64_t stride) {
  for (int64_t i = 0; i < rows; ++i) {
    float* row = y + i * stride;
    HWY_DYNAMIC_DISPATCH(Activate)(activation, row, nullptr, row, columns);
  }
}

void activate_gated(Activation activation, const float* x, int64_t rows, int64_t inner, float* y) {
  parallel_for(rows, [&](int64_t row) {
    const float* from = x + row * 2 * inner;
    HWY_DYNAMIC_DISPATCH(Activate)(activation, from, from + inner, y + row * inner, inner);
  });
}

}  // namespace headscope
#endif  // HWY_ONCE
