// The vectorised sums against their definitions in double precision.
#include "analysis/row_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace headscope {
namespace {

double a_ln_a(double a) { return a > 0 ? a * std::log(a) : 0; }

// A row of attention: exp of normal scores, normalised. sharp = 40 leaves nearly one key only.
std::vector<float> row_of(int64_t n, double sharp, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, sharp);
  std::vector<double> weights(static_cast<size_t>(n));
  double sum = 0;
  for (double& w : weights) sum += w = std::exp(normal(random));
  std::vector<float> row(static_cast<size_t>(n + kRowSlack), 7.0f);  // the slack must not count
  for (size_t j = 0; j < weights.size(); ++j) row[j] = static_cast<float>(weights[j] / sum);
  return row;
}

double mixture(const float* p, const float* q, int64_t n) {
  double sum = 0;
  add_mixtures(p, q, 0, 1, n, &sum);
  return sum;
}

TEST(RowMath, AgreesWithDoublePrecision) {
  double worst = 0;
  for (const double sharp : {0.0, 1.0, 5.0, 40.0}) {
    for (int64_t n = 1; n < 70; ++n) {
      const auto p = row_of(n, sharp, static_cast<uint32_t>(n));
      const auto q = row_of(n, 2, static_cast<uint32_t>(n + 1000));
      const int64_t i = n / 3;
      double squares = 0, entropy = 0, distance = 0, mass = 0, logs = 0, mixed = 0;
      int64_t heaviest = 0;
      for (int64_t j = 0; j < n; ++j) {
        const double a = p[static_cast<size_t>(j)];
        mass += a;
        squares += a * a;
        distance += a * static_cast<double>(std::abs(j - i));
        entropy -= a_ln_a(.9999 * a + .0001 / static_cast<double>(n));
        logs += a_ln_a(a);
        mixed += a_ln_a((a + q[static_cast<size_t>(j)]) / 2);
        if (p[static_cast<size_t>(j)] > p[static_cast<size_t>(heaviest)]) heaviest = j;
      }
      const RowStats row = row_stats(p.data(), n, i);
      EXPECT_NEAR(row.squares, squares, 1e-6);
      EXPECT_NEAR(row.distance, distance, 1e-5);
      EXPECT_EQ(row.heaviest, heaviest);
      const RunStats run = run_stats(p.data(), n, true);
      EXPECT_NEAR(run.mass, mass, 1e-6);
      EXPECT_NEAR(run.squares, squares, 1e-6);
      for (const double off :
           {row.entropy - entropy, run.a_ln_a - logs, mixture(p.data(), q.data(), n) - mixed}) {
        worst = std::max(worst, std::abs(off));
        ASSERT_LT(std::abs(off), 2e-6) << n << " keys, sharpness " << sharp;
      }
    }
  }
  std::printf("entropies: largest difference %.1e\n", worst);
}

TEST(RowMath, AddsARowAndNothingBehindIt) {
  for (int64_t n = 1; n < 70; ++n) {
    const auto p = row_of(n, 1, 5), q = row_of(n, 1, 6);
    std::vector<float> sum = p;
    add_row(q.data(), n, sum.data());
    for (size_t j = 0; j < sum.size(); ++j) {
      ASSERT_EQ(sum[j], j < static_cast<size_t>(n) ? p[j] + q[j] : 7.0f) << j << " of " << n;
    }
  }
}

TEST(RowMath, MixesWithSeveralRowsAndAddsToWhatIsThere) {
  constexpr int64_t kWidth = 43;  // no multiple of a vector
  const auto p = row_of(kWidth, 1, 3);
  for (int64_t count = 0; count < 10; ++count) {
    std::vector<float> rows;
    std::vector<double> expected, out;
    for (int64_t k = 0; k < count; ++k) {
      const auto q = row_of(kWidth, 3, static_cast<uint32_t>(k));
      rows.insert(rows.end(), q.begin(), q.end());
      expected.push_back(static_cast<double>(k) + mixture(p.data(), q.data(), kWidth));
      out.push_back(static_cast<double>(k));
    }
    out.push_back(9);
    add_mixtures(p.data(), rows.data(), kWidth + kRowSlack, count, kWidth, out.data());
    for (int64_t k = 0; k < count; ++k) {
      EXPECT_NEAR(out[k], expected[k], 1e-14) << k << " of " << count;
    }
    EXPECT_EQ(out.back(), 9);
  }
}

TEST(RowMath, TakesOnesAndZeros) {
  std::vector<float> one(19 + kRowSlack, 0.0f), other = one;
  one[5] = other[6] = 1.0f;
  EXPECT_EQ(run_stats(one.data(), 19, true).a_ln_a, 0);
  EXPECT_EQ(run_stats(one.data(), 19, false).mass, 1);
  EXPECT_EQ(row_stats(one.data(), 19, 5).heaviest, 5);
  EXPECT_EQ(mixture(one.data(), one.data(), 19), 0);
  EXPECT_DOUBLE_EQ(mixture(one.data(), other.data(), 19), -std::log(2.0));
}

}  // namespace
}  // namespace headscope
