// The kernel against the formulas of score_kernel.h in double precision, on random vectors.
#include "headscope/score_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace headscope {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
  const char* name;
  int64_t n, m, dh;
  MaskInfo mask;
  double softcap = 0;
  double spread = 1;  // standard deviation of q and k
  BiasKind bias = BiasKind::kNone;
  bool dense_mask = false;
  BiasOrder order = BiasOrder::kAfterCap;
  bool sinks = false;
};
constexpr float kSink = 1.25f;

const Case kCases[] = {
    {"one", 1, 1, 1, {}},
    {"article", 19, 19, 64, {}},
    {"odd", 37, 53, 7, {}},
    {"large scores", 40, 96, 64, {}, 0, 2.5},
    {"several chunks", 21, 70, 200, {}},
    {"many rows", 130, 33, 48, {}},
    {"causal", 70, 70, 16, {MaskKind::kCausal}},
    {"window", 70, 70, 16, {MaskKind::kWindow, 5, 3}},
    {"window without left end", 50, 50, 16, {MaskKind::kWindow, -1, 2}},
    {"padding", 40, 40, 16, {MaskKind::kNone, -1, -1, 29}},
    {"causal padding", 40, 40, 16, {MaskKind::kCausal, -1, -1, 29}},
    {"softcap", 33, 33, 32, {}, 5.0, 1.5},
    {"distance bias", 35, 35, 16, {}, 0, 1, BiasKind::kDistance},
    {"distance bias, cross", 12, 35, 16, {}, 0, 1, BiasKind::kDistance},
    {"dense bias", 35, 41, 16, {}, 0, 1, BiasKind::kDense},
    {"dense mask", 35, 41, 16, {}, 0, 1, BiasKind::kNone, true},
    {"ALiBi", 35, 1100, 16, {}, 0, 1, BiasKind::kAlibi},
    {"bias before the cap",
     35,
     35,
     16,
     {},
     5.0,
     1.5,
     BiasKind::kDistance,
     false,
     BiasOrder::kBeforeCap},
    {"bias behind the cap", 35, 35, 16, {}, 5.0, 1.5, BiasKind::kDistance},
    {"sinks", 35, 41, 16, {}, 0, 1, BiasKind::kNone, false, BiasOrder::kBeforeCap, true},
    {"all",
     35,
     35,
     80,
     {MaskKind::kWindow, 9, 4, 30},
     20.0,
     2,
     BiasKind::kDense,
     true,
     BiasOrder::kBeforeCap,
     true},
};

struct Fixture {
  std::vector<float> query, key, bias, dense_mask, logsumexp;
  std::vector<double> scores;  // [N, M]
  HeadScores head;
};

Fixture make(const Case& c) {
  std::mt19937 random(20261123);
  std::normal_distribution<float> normal;
  const auto fill = [&](std::vector<float>& v, int64_t count, double spread) {
    v.resize(static_cast<size_t>(count));
    for (float& x : v) x = normal(random) * static_cast<float>(spread);
  };
  Fixture f;
  fill(f.query, c.n * c.dh, c.spread);
  fill(f.key, c.m * c.dh, c.spread);
  if (c.bias == BiasKind::kDistance) fill(f.bias, c.n + c.m - 1, 1);
  if (c.bias == BiasKind::kDense) fill(f.bias, c.n * c.m, 1);
  if (c.bias == BiasKind::kAlibi) f.bias = {0.0625f};
  if (c.dense_mask) {
    f.dense_mask.resize(static_cast<size_t>(c.n * c.m));
    for (float& x : f.dense_mask) x = random() % 3 ? 0 : -std::numeric_limits<float>::infinity();
  }
  const float scale = 1 / std::sqrt(static_cast<float>(c.dh));
  f.scores.resize(static_cast<size_t>(c.n * c.m));
  f.logsumexp.resize(static_cast<size_t>(c.n));
  for (int64_t i = 0; i < c.n; ++i) {
    double sum = c.sinks ? std::exp(static_cast<double>(kSink)) : 0;
    for (int64_t j = 0; j < c.m; ++j) {
      double s = 0;
      for (int64_t k = 0; k < c.dh; ++k) {
        s += static_cast<double>(f.query[i * c.dh + k]) * static_cast<double>(f.key[j * c.dh + k]);
      }
      s *= static_cast<double>(scale);
      double bias = 0;
      if (c.bias == BiasKind::kDistance) bias = static_cast<double>(f.bias[j - i + c.n - 1]);
      if (c.bias == BiasKind::kDense) bias = static_cast<double>(f.bias[i * c.m + j]);
      if (c.bias == BiasKind::kAlibi) bias = static_cast<double>(f.bias[0]) * j;
      if (c.order == BiasOrder::kBeforeCap) s += bias;
      if (c.softcap > 0) s = c.softcap * std::tanh(s / c.softcap);
      if (c.order == BiasOrder::kAfterCap) s += bias;
      if (c.dense_mask) s += static_cast<double>(f.dense_mask[i * c.m + j]);
      // The masks as the formulas have them, not visible_keys.
      if (c.mask.kind == MaskKind::kCausal && j > i) s = -kInfinity;
      if (c.mask.kind == MaskKind::kWindow && c.mask.left >= 0 && j < i - c.mask.left) {
        s = -kInfinity;
      }
      if (c.mask.kind == MaskKind::kWindow && c.mask.right >= 0 && j > i + c.mask.right) {
        s = -kInfinity;
      }
      if (c.mask.key_length >= 0 && j >= c.mask.key_length) s = -kInfinity;
      f.scores[i * c.m + j] = s;
      sum += std::exp(s);
    }
    f.logsumexp[i] = static_cast<float>(std::log(sum));
  }
  f.head = {f.query.data(),
            f.key.data(),
            f.logsumexp.data(),
            c.n,
            c.m,
            c.dh,
            0,
            0,
            0,
            0,
            {},
            c.bias == BiasKind::kNone ? nullptr : f.bias.data(),
            c.dense_mask ? f.dense_mask.data() : nullptr,
            c.sinks ? kSink : -std::numeric_limits<float>::infinity()};
  f.head.rule = {scale, {}, c.order, c.bias, c.mask, c.sinks};
  if (c.softcap > 0) f.head.rule.softcap = static_cast<float>(c.softcap);
  return f;
}

class ScoreKernel : public ::testing::TestWithParam<Case> {};

TEST_P(ScoreKernel, AgreesWithDoublePrecision) {
  const Case& c = GetParam();
  const Fixture f = make(c);
  std::vector<float> weights(f.scores.size()), scores(f.scores.size());
  weight_block(f.head, {0, c.n}, {0, c.m}, weights.data(), c.m);
  score_block(f.head, {0, c.n}, {0, c.m}, scores.data(), c.m);
  double worst = 0, worst_score = 0;
  for (int64_t i = 0; i < c.n; ++i) {
    double sum = 0;
    bool any = false;
    const auto lse = static_cast<double>(f.logsumexp[i]);
    for (int64_t j = 0; j < c.m; ++j) {
      const double s = f.scores[i * c.m + j];
      const auto a = static_cast<double>(weights[i * c.m + j]);
      sum += a;
      if (std::isinf(s)) {
        EXPECT_EQ(a, 0) << c.name << " " << i << " " << j;
        EXPECT_EQ(scores[i * c.m + j], -std::numeric_limits<float>::infinity());
        continue;
      }
      any = true;
      worst = std::max(worst, std::abs(a - std::exp(s - lse)));
      worst_score =
          std::max(worst_score, std::abs(scores[i * c.m + j] - s) / std::max(1.0, std::abs(s)));
    }
    if (c.sinks) sum += std::exp(static_cast<double>(kSink) - lse);
    EXPECT_NEAR(sum, any || c.sinks ? 1 : 0, 2e-5) << c.name << " row " << i;
  }
  RecordProperty("max_difference", std::to_string(worst));
  EXPECT_LE(worst, 5e-6) << c.name;
  EXPECT_LE(worst_score, 3e-6) << c.name;
}

TEST_P(ScoreKernel, LogSumExpAgreesWithDoublePrecision) {
  const Case& c = GetParam();
  const Fixture f = make(c);
  std::vector<float> lse(static_cast<size_t>(c.n)), share(lse.size());
  logsumexp_rows(f.head, {0, c.n}, lse.data(), share.data());
  for (int64_t i = 0; i < c.n; ++i) {
    const auto expected = static_cast<double>(f.logsumexp[i]);
    if (std::isinf(expected)) {
      EXPECT_EQ(lse[i], f.logsumexp[i]) << c.name << " row " << i;
      continue;
    }
    EXPECT_NEAR(lse[i], expected, 3e-6 * std::max(1.0, std::abs(expected))) << c.name << " " << i;
    EXPECT_NEAR(share[i], c.sinks ? std::exp(static_cast<double>(kSink) - expected) : 0, 5e-6);
    float alone = 0;
    logsumexp_rows(f.head, {i, i + 1}, &alone);
    ASSERT_EQ(alone, lse[i]) << c.name << " row " << i;
  }
}

TEST_P(ScoreKernel, GivesTheSameBitsInEveryBlock) {
  const Case& c = GetParam();
  const Fixture f = make(c);
  std::vector<float> whole(f.scores.size());
  weight_block(f.head, {0, c.n}, {0, c.m}, whole.data(), c.m);
  std::mt19937 random(7);
  for (int trial = 0; trial < 20; ++trial) {
    const auto pick = [&](int64_t size) {
      const auto begin = static_cast<int64_t>(random() % size);
      return Range{begin, begin + 1 + static_cast<int64_t>(random() % (size - begin))};
    };
    const Range rows = pick(c.n), cols = pick(c.m);
    const int64_t stride = cols.size() + trial % 3;
    std::vector<float> part(static_cast<size_t>(rows.size() * stride), -7.0f);
    weight_block(f.head, rows, cols, part.data(), stride);
    for (int64_t i = 0; i < rows.size(); ++i) {
      for (int64_t j = 0; j < stride; ++j) {
        const float expected =
            j < cols.size() ? whole[(rows.begin + i) * c.m + cols.begin + j] : -7.0f;
        ASSERT_EQ(part[i * stride + j], expected) << c.name << " " << i << " " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ScoreKernel, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::to_string(test.index); });

TEST(ScoreKernelAlone, RowsOfOtherStridesGiveTheSameBits) {
  const Fixture f = make(kCases[2]);
  const HeadScores& h = f.head;
  std::vector<float> wide_query(static_cast<size_t>(h.queries * (h.width + 3)), 9.0f);
  std::vector<float> wide_key(static_cast<size_t>(h.keys * (h.width + 5)), 9.0f);
  for (int64_t i = 0; i < h.queries; ++i) {
    std::copy_n(h.query + i * h.width, h.width, wide_query.data() + i * (h.width + 3));
  }
  for (int64_t j = 0; j < h.keys; ++j) {
    std::copy_n(h.key + j * h.width, h.width, wide_key.data() + j * (h.width + 5));
  }
  HeadScores wide = h;
  wide.query = wide_query.data();
  wide.key = wide_key.data();
  wide.query_stride = h.width + 3;
  wide.key_stride = h.width + 5;
  std::vector<float> a(f.scores.size()), b(f.scores.size());
  weight_block(h, {0, h.queries}, {0, h.keys}, a.data(), h.keys);
  weight_block(wide, {0, h.queries}, {0, h.keys}, b.data(), h.keys);
  EXPECT_EQ(a, b);
}

TEST(ScoreKernelAlone, AQueryThatSeesNoKeyHasWeightsZero) {
  const float q[4] = {1, 2, 3, 4}, k[4] = {1, 2, 3, 4};
  const float lse[2] = {-std::numeric_limits<float>::infinity(), 11};
  const float mask[4] = {-std::numeric_limits<float>::infinity(),
                         -std::numeric_limits<float>::infinity(), 0,
                         -std::numeric_limits<float>::infinity()};
  HeadScores head{q, k, lse, 2, 2, 2};
  head.rule.scale = 1.0f;
  head.rule.mask.kind = MaskKind::kDense;
  head.dense_mask = mask;
  float out[4];
  weight_block(head, {0, 2}, {0, 2}, out, 2);
  EXPECT_EQ(std::vector<float>(out, out + 4), (std::vector<float>{0, 0, 1, 0}));
}

}  // namespace
}  // namespace headscope
