// Products in vectors, of every precision and instruction set, against double precision.
#include "kernels/linear.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "headscope/threads.h"
#include "kernels/activation.h"
#include "kernels/test_kernels.h"

namespace headscope {
namespace {

struct LinearCase {
  ProductKind kind;
  int64_t out, in;
  int64_t without = 0;  // Highway's targets that are taken for absent
};

void PrintTo(const LinearCase& one, std::ostream* out) {
  *out << one.out << " x " << one.in << ", " << name_of(one.kind.precision)
       << (one.kind.native_bf16 ? "" : " without its instruction");
  if (one.without) *out << ", without targets " << one.without;
}

// Targets that are left out, beside none. A build for one instruction set alone has none to leave
// out.
#ifdef HWY_COMPILE_ONLY_STATIC
constexpr std::array<int64_t, 0> kLeftOut = {};
#else
constexpr std::array kLeftOut = {int64_t{HWY_AVX3}, int64_t{HWY_AVX3 | HWY_AVX2}};
#endif

class LinearShape : public testing::TestWithParam<LinearCase> {
 protected:
  void SetUp() override { leave_out(GetParam().without); }
  void TearDown() override { leave_out(0); }
  static constexpr size_t kRows = 150;  // more than a task takes
};

// The largest difference from a sum in double precision, by Σ|w·x| of the same sum: an error of
// rounding does not grow with what cancels.
TEST_P(LinearShape, IsTheProduct) {
  const auto [kind, out, in, without] = GetParam();
  const auto n = static_cast<size_t>(out), k = static_cast<size_t>(in);
  const auto w = random_floats(n * k, 1, 6), b = random_floats(n, 1, 7);
  const auto x = random_floats(kRows * k, 1, 8);
  Buffer scratch;
  const Linear::Part part{w.data(), b.data(), out};
  const Linear linear({&part, 1}, in, scratch, kind);
  std::vector<float> all(kRows * n);
  linear.apply(x.data(), kRows, all.data());
  double most = 0, squares = 0, sizes = 0;
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t o = 0; o < n; ++o) {
      double sum = b[o], size = std::abs(double{b[o]});
      for (size_t c = 0; c < k; ++c) {
        sum += double{w[o * k + c]} * x[i * k + c];
        size += std::abs(double{w[o * k + c]} * x[i * k + c]);
      }
      const double error = all[i * n + o] - sum;
      most = std::max(most, std::abs(error) / size);
      squares += error * error;
      sizes += sum * sum;
    }
  }
  std::printf("  %s: max |difference| / sum of sizes %.2e, relative L2 %.2e\n",
              product_path(kind).c_str(), most, std::sqrt(squares / sizes));
  // bfloat16 has 8 bits: a factor is off by 2⁻⁸ at most, a product of two by 2⁻⁷. Split in two, a
  // factor is off by 2⁻¹⁶ and the product that is left out is 2⁻¹⁶ at most as well. Beside that
  // each addition to a sum rounds, by 2⁻²⁴ of it at most.
  const double bound = kind.precision == Precision::kBf16     ? 0x1p-7
                       : kind.precision == Precision::kBf16x3 ? 3 * 0x1p-16
                                                              : 0;
  EXPECT_LE(most, bound * 1.01 + 1.5e-6);
  // It is bfloat16, not something better.
  if (kind.precision == Precision::kBf16 && in >= 36) {
    EXPECT_GT(most, 1e-5);
  }
}

TEST_P(LinearShape, HasTheSameBitsForEveryBatchAndThreadCount) {
  const auto [kind, out, in, without] = GetParam();
  const auto n = static_cast<size_t>(out), k = static_cast<size_t>(in);
  const auto w = random_floats(n * k, 1, 6), b = random_floats(n, 1, 7);
  const auto x = random_floats(kRows * k, 1, 8);
  Buffer scratch;
  const Linear::Part part{w.data(), b.data(), out};
  const Linear linear({&part, 1}, in, scratch, kind);
  // The same weights as two parts.
  const int64_t half = out / 2;
  const Linear::Part parts[] = {{w.data(), b.data(), half},
                                {w.data() + half * in, b.data() + half, out - half}};
  const Linear joined(parts, in, scratch, kind);
  std::vector<float> all(kRows * n);
  linear.apply(x.data(), kRows, all.data());

  const int before = max_threads();
  for (const int threads : {1, 2, 3}) {
    set_max_threads(threads);
    for (const size_t rows : {size_t{1}, size_t{2}, size_t{9}, size_t{64}, size_t{131}, kRows}) {
      std::vector<float> some(rows * n);
      linear.apply(x.data(), static_cast<int64_t>(rows), some.data());
      EXPECT_EQ(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)), 0)
          << rows << " rows, " << threads << " threads";
      joined.apply(x.data(), static_cast<int64_t>(rows), some.data());
      EXPECT_EQ(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)), 0);
    }
  }
  set_max_threads(before);
}

TEST_P(LinearShape, AppliesAnActivationAsAPassOfItsOwnDoes) {
  const auto [kind, out, in, without] = GetParam();
  const auto n = static_cast<size_t>(out), k = static_cast<size_t>(in);
  const auto w = random_floats(n * k, 1, 6), b = random_floats(n, 1, 7);
  const auto x = random_floats(kRows * k, 1, 8);
  Buffer scratch;
  const Linear::Part part{w.data(), b.data(), out};
  const Linear linear({&part, 1}, in, scratch, kind);
  std::vector<float> expected(kRows * n), got(kRows * n);
  linear.apply(x.data(), kRows, expected.data());
  for (const Activation activation : {Activation::kGelu, Activation::kSilu}) {
    std::vector<float> its = expected;
    activate(activation, its.data(), std::ssize(its));
    linear.apply(x.data(), kRows, got.data(), activation);
    EXPECT_EQ(std::memcmp(got.data(), its.data(), its.size() * sizeof(float)), 0);
  }
}

TEST_P(LinearShape, FeedsAnotherOneWithTheBitsOfTwoCalls) {
  const auto [kind, out, in, without] = GetParam();
  const auto n = static_cast<size_t>(out), k = static_cast<size_t>(in);
  constexpr int64_t kLast = 41;
  const auto w = random_floats(n * k, 1, 6), b = random_floats(n, 1, 7);
  const auto v = random_floats(kLast * n, 1, 9), x = random_floats(kRows * k, 1, 8);
  Buffer scratch, inner;
  const Linear::Part up_part{w.data(), b.data(), out}, down_part{v.data(), nullptr, kLast};
  const Linear up({&up_part, 1}, in, scratch, kind), down({&down_part, 1}, out, scratch, kind);
  std::vector<float> middle(kRows * n), expected(kRows * kLast);
  up.apply(x.data(), kRows, middle.data(), Activation::kGelu);
  down.apply(middle.data(), kRows, expected.data());
  const int before = max_threads();
  for (const int threads : {1, 3}) {
    set_max_threads(threads);
    for (const size_t rows : {size_t{1}, size_t{131}, kRows}) {
      std::vector<float> got(rows * kLast);
      Linear::feed_forward(up, Activation::kGelu, down, x.data(), static_cast<int64_t>(rows), inner,
                           got.data());
      EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)), 0)
          << rows << " rows, " << threads << " threads";
    }
  }
  set_max_threads(before);
}

std::vector<LinearCase> linear_cases() {
  std::vector<LinearCase> cases;
  // With false: as where the processor has no such instruction; the same twice where it has none.
  for (const ProductKind kind :
       {ProductKind{}, ProductKind{Precision::kBf16x3}, ProductKind{Precision::kBf16},
        ProductKind{Precision::kBf16x3, false}, ProductKind{Precision::kBf16, false}}) {
    for (const auto& [out, in] :
         {std::pair{2, 1}, std::pair{7, 5}, std::pair{36, 36}, std::pair{45, 387},
          std::pair{768, 768}, std::pair{1000, 500}, std::pair{2304, 768}, std::pair{768, 3072}}) {
      cases.push_back({kind, out, in});
    }
    for (const int64_t without : kLeftOut) {
      cases.push_back({kind, 7, 5, without});
      cases.push_back({kind, 45, 387, without});
      cases.push_back({kind, 100, 768, without});
    }
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Shapes, LinearShape, testing::ValuesIn(linear_cases()));

}  // namespace
}  // namespace headscope
