// Every kernel but products (linear_test.cc) against its formula in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <vector>

#include "headscope/score_kernel.h"
#include "kernels/activation.h"
#include "kernels/attention.h"
#include "kernels/norm.h"
#include "kernels/reduce.h"
#include "kernels/rope.h"
#include "kernels/test_kernels.h"

namespace headscope {
namespace {

double largest(const std::vector<float>& got, const std::vector<double>& expected) {
  EXPECT_EQ(got.size(), expected.size());
  double most = 0;
  for (size_t i = 0; i < got.size(); ++i) most = std::max(most, std::abs(got[i] - expected[i]));
  return most;
}

TEST(Activation, IsItsFormula) {
  struct Case {
    Activation activation;
    double (*formula)(double);
    double bound;
  };
  const Case cases[] = {
      {Activation::kGelu, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }, 4e-7},
      {Activation::kGeluTanh,
       [](double x) {
         return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
       },
       8e-7},
      {Activation::kRelu, [](double x) { return std::max(x, 0.0); }, 0},
      {Activation::kSilu, [](double x) { return x / (1 + std::exp(-x)); }, 1.5e-6},
  };
  for (const Case& one : cases) {
    std::vector<float> x;
    for (int i = -120'000; i <= 120'000; ++i) x.push_back(static_cast<float>(i) * 1e-4f);
    std::vector<double> expected;
    for (const float value : x) expected.push_back(one.formula(value));
    activate(one.activation, x.data(), static_cast<int64_t>(x.size()));
    const double error = largest(x, expected);
    std::printf("  activation %d: max |difference| %.2e\n", static_cast<int>(one.activation),
                error);
    EXPECT_LE(error, one.bound);
  }
}

TEST(Activation, KeepsItsLimits) {
  for (const Activation activation :
       {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu, Activation::kSilu}) {
    std::vector<float> x = {-1e30f, -1e4f, -50.0f, 0.0f, 50.0f, 1e4f, 1e30f};
    activate(activation, x.data(), static_cast<int64_t>(x.size()));
    // silu(−50) is −50·e⁻⁵⁰ = −9.6e-21, a float like others.
    const float most = activation == Activation::kSilu ? 1e-20f : 1e-35f;
    for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(x[i], 0.0f, most);
    EXPECT_EQ(x[4], 50.0f);
    EXPECT_EQ(x[5], 1e4f);
    EXPECT_EQ(x[6], 1e30f);
  }
}

TEST(LayerNorm, IsItsFormula) {
  for (const int64_t width : {1, 7, 16, 36, 768, 1000}) {
    const auto size = static_cast<size_t>(width);
    const int64_t rows = 11;
    const auto x = random_floats(size * 11, 3, 1), r = random_floats(size * 11, 3, 2);
    const auto gamma = random_floats(size, 1, 3), beta = random_floats(size, 1, 4);
    std::vector<double> expected;
    for (size_t i = 0; i < 11; ++i) {
      double mean = 0, variance = 0;
      const auto z = [&](size_t c) { return double{x[i * size + c]} + r[i * size + c]; };
      for (size_t c = 0; c < size; ++c) mean += z(c) / static_cast<double>(size);
      for (size_t c = 0; c < size; ++c) {
        variance += (z(c) - mean) * (z(c) - mean) / static_cast<double>(size);
      }
      for (size_t c = 0; c < size; ++c) {
        expected.push_back((z(c) - mean) / std::sqrt(variance + 1e-5) * gamma[c] + beta[c]);
      }
    }
    std::vector<float> got(size * 11);
    normalise({gamma.data(), beta.data(), 1e-5f}, x.data(), r.data(), rows, width, got.data());
    EXPECT_LE(largest(got, expected), width == 1 ? 1e-4 : 3e-6) << width;
    std::vector<float> in_place = x;
    normalise({gamma.data(), beta.data(), 1e-5f}, in_place.data(), r.data(), rows, width,
              in_place.data());
    EXPECT_EQ(in_place, got);
  }
}

TEST(Activation, GatedIsTheProductWithTheSecondHalf) {
  constexpr size_t kRows = 5, kInner = 21;
  const auto x = random_floats(kRows * 2 * kInner, 3, 13);
  std::vector<float> got(kRows * kInner);
  activate_gated(Activation::kSilu, x.data(), kRows, kInner, got.data());
  std::vector<double> expected;
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t c = 0; c < kInner; ++c) {
      const double gate = x[i * 2 * kInner + c];
      expected.push_back(gate / (1 + std::exp(-gate)) * x[i * 2 * kInner + kInner + c]);
    }
  }
  EXPECT_LE(largest(got, expected), 2e-6);
}

TEST(RmsNorm, IsItsFormula) {
  for (const int64_t width : {1, 7, 16, 576}) {
    const auto size = static_cast<size_t>(width);
    const auto x = random_floats(size * 6, 3, 14), gamma = random_floats(size, 1, 15);
    std::vector<double> expected;
    for (size_t i = 0; i < 6; ++i) {
      double square = 0;
      for (size_t c = 0; c < size; ++c) square += double{x[i * size + c]} * x[i * size + c];
      const double root = std::sqrt(square / static_cast<double>(width) + 1e-6);
      for (size_t c = 0; c < size; ++c) expected.push_back(x[i * size + c] / root * gamma[c]);
    }
    const Norm norm{gamma.data(), nullptr, 1e-6f, NormKind::kRms};
    std::vector<float> got(size * 6), heads = x;
    normalise(norm, x.data(), nullptr, 6, width, got.data());
    EXPECT_LE(largest(got, expected), 3e-6) << width;
    normalise_heads(norm, 2, 3 * width, 3, width, heads.data());  // two rows of three heads
    EXPECT_EQ(heads, got);
  }
}

TEST(Rope, TurnsPairsByPositionTimesFrequency) {
  const std::vector<double> frequencies = {1.0, 0.1};
  for (const bool interleaved : {false, true}) {
    const RopeTable table = rope_table(frequencies, 1.5, interleaved, 8);
    auto row = random_floats(2 * 5, 1, 16);  // two heads of 5, of which 4 turn
    const auto before = row;
    rotate_row(table, 7, 2, 5, row.data());
    for (size_t h = 0; h < 2; ++h) {
      EXPECT_EQ(row[h * 5 + 4], before[h * 5 + 4]);
      for (size_t i = 0; i < 2; ++i) {
        const size_t a = h * 5 + (interleaved ? 2 * i : i), b = a + (interleaved ? 1 : 2);
        const std::complex<double> turned =
            std::complex<double>(before[a], before[b]) * std::polar(1.5, 7 * frequencies[i]);
        EXPECT_NEAR(row[a], turned.real(), 1e-6);
        EXPECT_NEAR(row[b], turned.imag(), 1e-6);
      }
    }
  }
}

TEST(Reduce, FindsWhatIsNotFinite) {
  for (const size_t size : {1, 15, 16, 31, 100, 200'000}) {
    std::vector<float> x(size, -3.0f);
    x[size / 2] = std::numeric_limits<float>::max();
    EXPECT_EQ(first_not_finite(x.data(), static_cast<int64_t>(size)), -1);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
      for (const size_t at : {size_t{0}, size / 3, size - 1}) {
        std::vector<float> y = x;
        y[at] = bad;
        EXPECT_EQ(first_not_finite(y.data(), static_cast<int64_t>(size)), static_cast<int64_t>(at));
      }
    }
  }
}

TEST(Reduce, LogSumExp) {
  for (const size_t size : {1, 5, 16, 4096, 30522}) {
    const auto x = random_floats(size, 20, 5);
    double sum = 0;
    for (const float value : x) sum += std::exp(double{value} - 20);
    EXPECT_NEAR(log_sum_exp(x.data(), static_cast<int64_t>(size)), 20 + std::log(sum), 2e-6);
  }
}

struct AttentionCase {
  int64_t tokens, width;
  MaskKind mask = MaskKind::kNone;
  int64_t value_width = 0;  // 0: width
  float softcap = 0;
  BiasKind bias = BiasKind::kNone;
  float sink = -std::numeric_limits<float>::infinity();
};

class AttentionShape : public testing::TestWithParam<AttentionCase> {
 protected:
  AttentionShape()
      : n_(static_cast<size_t>(GetParam().tokens)),
        d_(static_cast<size_t>(GetParam().width)),
        v_(GetParam().value_width > 0 ? static_cast<size_t>(GetParam().value_width) : d_),
        stride_(d_ * 2 + v_ + 5),
        rows_(random_floats(n_ * stride_, 1.5f, 9)),
        values_(random_floats(n_ * (v_ + 2), 1.5f, 11)),
        bias_(random_floats(n_ * n_ + 2 * n_, 0.8f, 12)) {
    const AttentionCase& one = GetParam();
    head_.query = {rows_.data(), static_cast<int64_t>(stride_)};
    head_.key = {rows_.data() + d_, static_cast<int64_t>(stride_)};
    // From another buffer, as in cross-attention.
    head_.value = {values_.data(), static_cast<int64_t>(v_ + 2)};
    head_.queries = head_.keys = one.tokens;
    head_.width = one.width;
    head_.value_width = static_cast<int64_t>(v_);
    head_.rule.scale = 0.7f;
    if (one.softcap > 0) head_.rule.softcap = one.softcap;
    head_.rule.bias = one.bias;
    head_.bias = one.bias == BiasKind::kNone ? nullptr : bias_.data();
    head_.sink = one.sink;
    head_.rule.mask.kind = one.mask;
    head_.rule.mask.left = 3;
    head_.rule.mask.right = 2;
    packed_.resize(
        static_cast<size_t>(packed_head_size(head_.keys, head_.width, head_.value_width)));
    pack_head(head_, packed_.data());
  }

  bool sees(size_t i, size_t j) const {
    if (head_.rule.mask.kind == MaskKind::kCausal) return j <= i;
    return head_.rule.mask.kind != MaskKind::kWindow || (j + 3 >= i && j <= i + 2);
  }
  double score(size_t i, size_t j) const {
    double dot = 0;
    for (size_t c = 0; c < d_; ++c) {
      dot += double{rows_[i * stride_ + c]} * rows_[j * stride_ + d_ + c];
    }
    double s = double{head_.rule.scale} * dot;
    if (GetParam().bias == BiasKind::kDistance) s += bias_[j + n_ - 1 - i];
    if (GetParam().bias == BiasKind::kDense) s += bias_[i * n_ + j];
    if (GetParam().bias == BiasKind::kAlibi) s += bias_[0] * static_cast<double>(j);
    const double cap = GetParam().softcap;
    return cap > 0 ? cap * std::tanh(s / cap) : s;
  }

  size_t n_, d_, v_, stride_;
  std::vector<float> rows_, values_, bias_, packed_;
  HeadView head_;
};

TEST_P(AttentionShape, IsSoftmaxOfItsScores) {
  std::vector<double> map, contexts, sums, sinks;
  for (size_t i = 0; i < n_; ++i) {
    std::vector<double> weights(n_, 0.0);
    double sum = std::exp(double{head_.sink});
    for (size_t j = 0; j < n_; ++j) {
      if (sees(i, j)) sum += weights[j] = std::exp(score(i, j));
    }
    std::vector<double> context(v_, 0.0);
    for (size_t j = 0; j < n_; ++j) {
      map.push_back(weights[j] / sum);
      for (size_t c = 0; c < v_; ++c) context[c] += map.back() * values_[j * (v_ + 2) + c];
    }
    sums.push_back(std::log(sum));
    sinks.push_back(std::exp(double{head_.sink}) / sum);
    contexts.insert(contexts.end(), context.begin(), context.end());
  }
  std::vector<float> attention(n_ * n_, 7.0f), context(n_ * v_), lse(n_), sink(n_);
  attend(head_, packed_.data(), {0, head_.keys},
         {context.data(), head_.value_width, lse.data(), attention.data(), sink.data()});
  EXPECT_LE(largest(attention, map), 3e-6);
  EXPECT_LE(largest(context, contexts), 4e-6);
  EXPECT_LE(largest(lse, sums), 1e-5);
  EXPECT_LE(largest(sink, sinks), 3e-6);

  // The same bits whatever rows are asked.
  for (size_t i = 0; i < n_; i += 5) {
    std::vector<float> one(n_), row(v_);
    const auto at = static_cast<int64_t>(i);
    attend(head_, packed_.data(), {at, at + 1},
           {row.data(), head_.value_width, nullptr, one.data()});
    EXPECT_EQ(std::memcmp(one.data(), attention.data() + i * n_, n_ * sizeof(float)), 0);
    EXPECT_EQ(std::memcmp(row.data(), context.data() + i * v_, v_ * sizeof(float)), 0);
  }
}

TEST_P(AttentionShape, ValueNormsAreThoseOfTheTransformedValues) {
  constexpr size_t kOut = 96;
  const auto w = random_floats(kOut * (v_ + 3), 0.3f, 10);
  std::vector<double> expected;
  for (size_t j = 0; j < n_; ++j) {
    double square = 0;
    for (size_t o = 0; o < kOut; ++o) {
      double sum = 0;
      for (size_t c = 0; c < v_; ++c) {
        sum += double{w[o * (v_ + 3) + c]} * values_[j * (v_ + 2) + c];
      }
      square += sum * sum;
    }
    expected.push_back(std::sqrt(square));
  }
  std::vector<float> packed(static_cast<size_t>(gram_size(head_.value_width))), got(n_);
  gram(w.data(), static_cast<int64_t>(v_ + 3), kOut, head_.value_width, packed.data());
  value_norms(head_, packed.data(), got.data());
  for (size_t j = 0; j < n_; ++j) EXPECT_NEAR(got[j] / expected[j], 1, 2e-6) << j;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionShape,
    testing::Values(AttentionCase{1, 1, MaskKind::kNone}, AttentionCase{2, 12, MaskKind::kNone},
                    AttentionCase{19, 64, MaskKind::kNone}, AttentionCase{33, 8, MaskKind::kNone},
                    AttentionCase{130, 80, MaskKind::kNone},
                    AttentionCase{200, 64, MaskKind::kCausal},
                    AttentionCase{70, 36, MaskKind::kCausal},
                    AttentionCase{90, 16, MaskKind::kWindow},
                    AttentionCase{300, 16, MaskKind::kWindow, 24},
                    AttentionCase{150, 12, MaskKind::kCausal, 7, 2.5f},
                    AttentionCase{45, 16, MaskKind::kNone, 0, 0, BiasKind::kDistance},
                    AttentionCase{70, 16, MaskKind::kCausal, 0, 3.0f, BiasKind::kDense},
                    AttentionCase{90, 8, MaskKind::kCausal, 0, 0, BiasKind::kAlibi},
                    AttentionCase{90, 16, MaskKind::kWindow, 0, 0, BiasKind::kNone, 1.25f}));

// Differences of scores beyond what a float's exponential holds.
TEST(Attention, TakesLargeScores) {
  std::vector<float> rows = {300, 1, 7, -300, 1, 9};  // q k v a token
  HeadView head;
  head.query = {rows.data(), 3};
  head.key = {rows.data() + 1, 3};
  head.value = {rows.data() + 2, 3};
  head.queries = head.keys = 2;
  head.rule.scale = 1;
  head.width = head.value_width = 1;
  rows[1] = 1;
  rows[4] = -1;
  std::vector<float> packed(static_cast<size_t>(packed_head_size(2, 1, 1)));
  pack_head(head, packed.data());
  float context[2], lse[2], attention[4];
  attend(head, packed.data(), {0, 2}, {context, 1, lse, attention, nullptr});
  EXPECT_EQ(std::vector<float>(attention, attention + 4), (std::vector<float>{1, 0, 0, 1}));
  EXPECT_EQ(std::vector<float>(context, context + 2), (std::vector<float>{7, 9}));
  EXPECT_EQ(std::vector<float>(lse, lse + 2), (std::vector<float>{300, 300}));
}

}  // namespace
}  // namespace headscope
