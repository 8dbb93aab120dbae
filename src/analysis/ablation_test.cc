#include "headscope/ablation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "headscope/error.h"

namespace headscope {
namespace {

std::vector<StackInfo> two_heads() {
  LayerInfo layer;
  layer.layer = 4;
  layer.heads = layer.kv_heads = 2;
  layer.head_dim = layer.value_dim = 2;
  StackInfo stack;
  stack.layers = {layer};
  return {stack};
}

TokenSequence text_of(int words) {
  TokenSequence t;
  for (int i = 0; i < words + 2; ++i) {
    t.tokens.push_back("w" + std::to_string(i));
    t.ids.push_back(100 + i);
    t.special.push_back(i == 0 || i == words + 1);
  }
  return t;
}

// log p = −id/1000; without head h every token loses (h + 1) · its position / 100.
class FakePredictor : public MaskedPredictor {
 public:
  std::vector<std::vector<double>> log_probabilities(const TokenSequence&,
                                                     std::span<const MaskedQuery> queries,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override {
    control.cancel.check();
    std::vector<std::vector<double>> out;
    for (const MaskedQuery& q : queries) {
      out.emplace_back();
      for (size_t k = 0; k < q.positions.size(); ++k) {
        double p = -q.targets[k] / 1000.0;
        for (const Ablation& a : ablations) p -= (a.head.id.head + 1) * q.positions[k] / 100.0;
        out.back().push_back(p);
      }
    }
    return out;
  }
  std::vector<std::vector<TokenProbability>> predict(const TokenSequence&, std::span<const int>,
                                                     int, const std::vector<Ablation>&,
                                                     const RunControl&) override {
    return {};
  }
  int32_t mask_id() const override { return 103; }
  std::optional<double> next_sentence(const TokenSequence&, const std::vector<Ablation>&) override {
    return std::nullopt;
  }
};

TEST(AblationStudy, MasksEverySeventhWord) {
  EXPECT_EQ(masked_positions(text_of(20), 0), (std::vector<int>{1, 8, 15}));
  EXPECT_EQ(masked_positions(text_of(20), 9), (std::vector<int>{3, 10, 17}));
  EXPECT_EQ(masked_positions(text_of(3), 5), (std::vector<int>{3}));
  EXPECT_TRUE(masked_positions(text_of(0), 5).empty());
}

TEST(AblationStudy, MeasuresTheMeanChangeAndItsError) {
  FakePredictor predictor;
  AblationStudy study(two_heads(), AblationKind::kZero);
  study.add(predictor, text_of(20), 0);  // positions 1, 8, 15: sum 24
  study.add(predictor, text_of(10), 1);  // positions 2, 9: sum 11
  const auto effects = study.effects();
  ASSERT_EQ(effects.size(), 2u);
  const double mean = -(24 + 11) / 100.0 / 5;
  EXPECT_EQ(to_string(effects[1].head.id), "L4H1");
  EXPECT_NEAR(effects[0].change, mean, 1e-12);
  EXPECT_NEAR(effects[1].change, 2 * mean, 1e-12);
  const double se = std::hypot(-.24 - mean * 3, -.11 - mean * 2) / 5;
  EXPECT_NEAR(effects[0].se, se, 1e-12);
  EXPECT_EQ(effects[0].n, 5);
}

// log p of the token at i is −i/10; without head h it is (h + 1)/100 less.
class FakeNext : public NextPredictor {
 public:
  std::vector<std::vector<TokenProbability>> predict(const ModelInput&, std::span<const int>, int,
                                                     const std::vector<Ablation>&,
                                                     const RunControl&) override {
    return {};
  }
  std::vector<std::vector<double>> log_probabilities_under(
      const ModelInput& input, std::span<const std::vector<Ablation>> variants,
      const RunControl&) override {
    const TokenSequence& text = input.target ? *input.target : input.text;
    std::vector<std::vector<double>> out;
    for (const auto& ablations : variants) {
      auto& answers = out.emplace_back();
      for (int64_t i = 1; i < text.size(); ++i) {
        double p = -static_cast<double>(i) / 10;
        for (const Ablation& a : ablations) p -= (a.head.id.head + 1) / 100.0 * (i % 2);
        answers.push_back(p);
      }
    }
    return out;
  }
};

// 6 tokens, the first and the last special: 1 to 4 are predicted, of which 1 and 3 lose.
TEST(AblationStudy, CausalModelsPredictEveryTokenThatIsNotSpecial) {
  FakeNext predictor;
  AblationStudy study(two_heads(), AblationKind::kZero);
  study.add(predictor, text_of(4));
  const auto effects = study.effects();
  EXPECT_EQ(effects[0].n, 4);
  EXPECT_NEAR(effects[0].change, -.01 * 2 / 4, 1e-12);
  EXPECT_NEAR(effects[1].change, -.02 * 2 / 4, 1e-12);
  EXPECT_EQ(study.segments(), 1);
}

TEST(AblationStudy, ResumesAndMergesToTheSameNumbers) {
  FakePredictor predictor;
  AblationStudy whole(two_heads(), AblationKind::kZero), first(two_heads(), AblationKind::kZero),
      second(two_heads(), AblationKind::kZero);
  for (int s = 0; s < 6; ++s) {
    whole.add(predictor, text_of(9 + s), s);
    if (s < 3) first.add(predictor, text_of(9 + s), s);
  }
  second.restore(first.sums(), first.segments());
  for (int s = 3; s < 6; ++s) second.add(predictor, text_of(9 + s), s);
  EXPECT_EQ(second.segments(), 6);
  for (size_t h = 0; h < 2; ++h) {
    const AblationStudy::Sum &a = second.sums()[h], &b = whole.sums()[h];
    EXPECT_EQ(a.change, b.change);
    EXPECT_EQ(a.tokens, b.tokens);
    EXPECT_EQ(a.change_squared, b.change_squared);
    EXPECT_EQ(a.change_tokens, b.change_tokens);
    EXPECT_EQ(a.tokens_squared, b.tokens_squared);
  }
  EXPECT_THROW(second.restore({{}, {}, {}}, 1), Error);
  EXPECT_EQ(second.segments(), 6);
}

// 130 rows of uniform attention over values v[j] = (j, 1). Counts how often weights are asked.
class UniformSource : public AttentionSource {
 public:
  static constexpr int64_t kRows = 130;
  UniformSource() {
    info_.stacks = two_heads();
    info_.set_sequence("text", text_of(kRows - 2));
    for (int64_t j = 0; j < kRows; ++j) {
      values_.push_back(static_cast<float>(j));
      values_.push_back(1);
    }
  }
  const TraceInfo& info() const override { return info_; }
  int64_t bytes() const override { return 0; }
  void weights(HeadRef, Range rows, Range cols, float* out) const override {
    ++asked;
    std::fill_n(out, rows.size() * cols.size(), 1.0f / kRows);
  }
  HeadVectors value(HeadRef) const override { return {{values_.data(), {kRows, 2}}, nullptr}; }
  mutable std::atomic<int> asked{0};

 private:
  TraceInfo info_;
  std::vector<float> values_;
};

// Asking row by row would pack the keys anew for each.
TEST(MeanContexts, IsTheMeanOfAllRowsAskedInBlocks) {
  UniformSource source;
  MeanContexts means(two_heads());
  means.add(source);
  EXPECT_LE(source.asked, 2 * 3);  // heads × blocks of 64 rows
  for (const size_t head : {size_t{0}, size_t{1}}) {
    EXPECT_NEAR(means.mean(head)[0], (UniformSource::kRows - 1) / 2.0, 1e-4);
    EXPECT_NEAR(means.mean(head)[1], 1, 1e-5);
  }
}

// Heads of all stacks, each named with its stack; the mean of each over its own rows.
TEST(AblationStudy, CoversEveryStack) {
  std::vector<StackInfo> stacks = two_heads();
  stacks.push_back(stacks[0]);
  stacks[1].name = "decoder";
  FakePredictor predictor;
  AblationStudy study(stacks, AblationKind::kZero);
  study.add(predictor, text_of(20), 0);
  std::string names;
  for (const HeadEffect& effect : study.effects()) names += head_name(stacks, effect.head) + " ";
  EXPECT_EQ(names, "self.L4H0 self.L4H1 decoder.L4H0 decoder.L4H1 ");
  UniformSource source;
  MeanContexts means(source.info().stacks);
  means.add(source);
  means.add(source);
  EXPECT_NEAR(means.mean(1)[1], 1, 1e-5);
}

TEST(AblationStudy, CancelledAddsNothing) {
  FakePredictor predictor;
  AblationStudy study(two_heads(), AblationKind::kZero);
  RunControl control;
  control.cancel.cancel();
  EXPECT_THROW(study.add(predictor, text_of(20), 0, control), Error);
  EXPECT_EQ(study.segments(), 0);
}

}  // namespace
}  // namespace headscope
