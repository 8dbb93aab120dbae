// The exponential of the kernels against the C library's in double precision, on every instruction
// set that the processor has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/exp_test.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

#include "kernels/exp-inl.h"
#include "kernels/test_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// x[i] becomes exp(x[i]); the count is a multiple of 16.
void Exponentials(float* x, size_t count) {
  const hn::ScalableTag<float> d;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    hn::StoreU(ExpOf(d, hn::LoadU(d, x + i)), d, x + i);
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(Exponentials);

namespace {

#ifdef HWY_COMPILE_ONLY_STATIC
constexpr int64_t kLeftOut[] = {0};
#else
constexpr int64_t kLeftOut[] = {0, HWY_AVX3, HWY_AVX3 | HWY_AVX2, HWY_AVX3 | HWY_AVX2 | HWY_SSE4};
#endif

class Exponential : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { leave_out(GetParam()); }
  void TearDown() override { leave_out(0); }
};

// In units of the last place of the float nearest to the true value.
TEST_P(Exponential, IsWithinOnePointTwoUnitsOfTheLastPlace) {
  std::vector<float> x;
  for (double at = -87.3; at <= 88; at += 3.1e-5) x.push_back(static_cast<float>(at));
  for (float at = 1e-30f; at < 1; at *= 1.01f) x.insert(x.end(), {at, -at});
  x.resize(x.size() / 16 * 16);
  std::vector<float> got = x;
  HWY_DYNAMIC_DISPATCH(Exponentials)(got.data(), got.size());
  double worst = 0;
  float where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    const auto nearest = static_cast<float>(expected);
    const double unit = std::ldexp(1.0, std::ilogb(nearest) - 23);
    const double error = std::abs(static_cast<double>(got[i]) - expected) / unit;
    if (error > worst) {
      worst = error;
      where = x[i];
    }
  }
  std::printf("  %.3f units at %g\n", worst, static_cast<double>(where));
  EXPECT_LE(worst, 1.2);
}

TEST_P(Exponential, KeepsItsLimits) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x(16, 0.0f);
  const float some[] = {-kInfinity, -1e30f, -1e5f, -88.0f, std::nanf(""), 0.0f, -0.0f};
  std::copy(std::begin(some), std::end(some), x.begin());
  HWY_DYNAMIC_DISPATCH(Exponentials)(x.data(), x.size());
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(x[i], 0.0f) << some[i];
  EXPECT_EQ(x[5], 1.0f);
  EXPECT_EQ(x[6], 1.0f);
}

INSTANTIATE_TEST_SUITE_P(Targets, Exponential, testing::ValuesIn(kLeftOut));

}  // namespace
}  // namespace headscope
#endif  // HWY_ONCE
