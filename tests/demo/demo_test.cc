// The demo trace that is built into the program: that it is the article's pair, that it shows what
// the article's figures show, and that it equals a fresh run of the real weights.
#include "headscope/demo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "headscope/article.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/statistics.h"

namespace headscope {
namespace {

TEST(DemoTrace, IsTheArticlesPair) {
  const auto trace = demo_trace();
  const TokenSequence& tokens = trace->info().tokens(0, Side::kQuery);
  EXPECT_EQ(trace->info().model.name, kArticleModel);
  EXPECT_EQ(trace->info().model.fingerprint.size(), 64u);
  EXPECT_EQ(tokens.text_a, kArticleTextA);
  EXPECT_EQ(tokens.text_b, kArticleTextB);
  const std::vector<std::string> expected = {
      "[CLS]", "i", "went", "to",     "the",   "store", ".",         "[SEP]", "at",   "the",
      "store", ",", "i",    "bought", "fresh", "straw", "##berries", ".",     "[SEP]"};
  EXPECT_EQ(tokens.tokens, expected);
  EXPECT_EQ(trace->all_heads().size(), 144u);
}

// Weights read off PyTorch's float32 run of the same checkpoint.
TEST(DemoTrace, ShowsWhatTheArticleShows) {
  struct Weight {
    HeadId head;
    int query, key;
    double value;
  };
  const Weight weights[] = {{{2, 0}, 1, 2, .9989},  {{2, 0}, 7, 0, .704},   {{2, 0}, 18, 0, .870},
                            {{6, 11}, 2, 1, .757},  {{6, 11}, 2, 7, .080},  {{6, 11}, 2, 18, .071},
                            {{2, 6}, 5, 5, .305},   {{2, 6}, 5, 10, .352},  {{10, 10}, 10, 5, .933},
                            {{2, 1}, 16, 15, .767}, {{2, 1}, 15, 16, .988}, {{6, 4}, 5, 7, .487},
                            {{6, 4}, 5, 18, .446}};
  const auto trace = demo_trace();
  for (const Weight& w : weights) {
    float got = 0;
    trace->weights({0, w.head}, {w.query, w.query + 1}, {w.key, w.key + 1}, &got);
    EXPECT_NEAR(got, w.value, .001) << to_string(w.head) << " " << w.query << " to " << w.key;
  }
}

// C in nats, computed with PyTorch (float32) on the same checkpoint.
TEST(DemoTrace, HoldsTheContributionsOfPatternFive) {
  const auto trace = demo_trace();
  const auto n = static_cast<size_t>(trace->info().tokens(0, Side::kQuery).size());
  const std::span<const float> held = trace->contribution();
  ASSERT_EQ(held.size(), n * n);
  const auto c = [&](size_t i, size_t j) { return held[i * n + j]; };
  EXPECT_NEAR(c(15, 16), 6.118, .01);
  EXPECT_NEAR(c(16, 15), 6.281, .01);
  EXPECT_NEAR(c(5, 4), 3.323, .01);
  EXPECT_NEAR(c(5, 2), 1.630, .01);
  EXPECT_TRUE(std::isnan(c(0, 1))) << "[CLS] is no word";
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return INFINITY;
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return most;
}

TEST(DemoTraceWeights, EqualsAFreshRun) {
  const char* offline = std::getenv("HEADSCOPE_OFFLINE");
  if (offline && std::string(offline) == "1") GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  const auto model = open_model(find_model(std::string(kArticleModel)));
  const TokenSequence text =
      model->runner().tokenize(std::string(kArticleTextA), std::string(kArticleTextB));
  const auto fresh = model->runner().trace(std::span(&text, 1)).at(0);
  const auto demo = demo_trace();
  EXPECT_EQ(demo->info().model.fingerprint, fresh->info().model.fingerprint);
  EXPECT_EQ(demo->info().tokens(0, Side::kQuery).ids, text.ids);
  EXPECT_EQ(demo->info().tokens(0, Side::kQuery).words, text.words);
  EXPECT_EQ(demo->info().tokens(0, Side::kQuery).offsets, text.offsets);
  ASSERT_EQ(demo->arrays().size(), 1u);
  ASSERT_EQ(demo->arrays()[0].size(), fresh->arrays()[0].size());
  double most = 0;
  for (size_t l = 0; l < demo->arrays()[0].size(); ++l) {
    const LayerArrays& a = demo->arrays()[0][l];
    const LayerArrays& b = fresh->arrays()[0][l];
    most = std::max({most, largest_difference(a.query.floats(), b.query.floats()),
                     largest_difference(a.key.floats(), b.key.floats()),
                     largest_difference(a.value.floats(), b.value.floats()),
                     largest_difference(a.logsumexp.floats(), b.logsumexp.floats()),
                     largest_difference(a.value_norm.floats(), b.value_norm.floats())});
  }
  std::printf("largest difference of a vector's element: %.3g\n", most);
  EXPECT_LE(most, 2e-4);
  const std::vector<double> c = predictive_contribution(*model->masked(), text);
  const std::vector<float> fresh_c(c.begin(), c.end());
  const double off = largest_difference(demo->contribution(), fresh_c);
  std::printf("largest difference of a contribution: %.3g nats\n", off);
  EXPECT_LE(off, 1e-3);
}

}  // namespace
}  // namespace headscope
