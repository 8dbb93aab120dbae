// Labels of causal models on maps made by hand: three words, repeated three times, each head doing
// exactly one thing. Expected values follow from the definitions (docs/patterns.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "headscope/probe_scores.h"
#include "headscope/statistics.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

constexpr int64_t kTokens = 9;
enum { kContinues, kFindsItself, kLooksBack, kRests, kHeads };

TraceInfo info_of(MaskKind mask) {
  TraceInfo info;
  TokenSequence t;
  for (int i = 0; i < kTokens; ++i) {
    t.tokens.push_back(std::string(" word") + static_cast<char>('a' + i % 3));
    t.ids.push_back(10 + i % 3);
    t.words.push_back(i);
    t.special.push_back(0);
  }
  t.segment_ids = t.sentences = std::vector<int32_t>(kTokens, 0);
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps({0}, kHeads)};
  for (LayerInfo& layer : info.stacks[0].layers) layer.rule.mask.kind = mask;
  return info;
}

// Where a head looks from token i; .9 of its weight, the rest on itself.
int64_t key_of(int head, int64_t i) {
  switch (head) {
    case kContinues:
      return i >= 3 ? i - 2 : i;
    case kFindsItself:
      return i >= 3 ? i - 3 : i;
    case kLooksBack:
      return std::max<int64_t>(0, i - 1);
    default:
      return 0;
  }
}

std::unique_ptr<AttentionSource> source_of(MaskKind mask) {
  std::vector<float> maps(kHeads * kTokens * kTokens, 0.0f);
  for (int h = 0; h < kHeads; ++h) {
    for (int64_t i = 0; i < kTokens; ++i) {
      float* row = maps.data() + (h * kTokens + i) * kTokens;
      row[i] += .1f;
      row[key_of(h, i)] += .9f;
    }
  }
  return make_array_source(info_of(mask),
                           {Array::from(std::move(maps), {kHeads, kTokens, kTokens})});
}

std::vector<HeadReport> report_of(const AttentionSource& source,
                                  const Thresholds& thresholds = {}) {
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  Statistics statistics(heads_of(source.info().stacks), options);
  statistics.add(source, 0);
  statistics.set_probe(source);
  return statistics.report(thresholds);
}

bool bears(const HeadReport& head, const std::string& label) {
  return std::find(head.labels.begin(), head.labels.end(), label) != head.labels.end();
}

TEST(CausalLabels, ProbeScoresSayWhatEachHeadDoes) {
  const auto heads = probe_scores(*source_of(MaskKind::kCausal));
  ASSERT_EQ(heads.size(), size_t{kHeads});
  // kProbed: induction, duplicate (tokens 3 to 8), previous, first token (tokens 1 to 8).
  EXPECT_NEAR(heads[kContinues].value[0], .9, 1e-6);
  EXPECT_NEAR(heads[kFindsItself].value[1], .9, 1e-6);
  EXPECT_NEAR(heads[kLooksBack].value[2], .9, 1e-6);
  EXPECT_NEAR(heads[kRests].value[3], .9, 1e-6);
  EXPECT_NEAR(heads[kContinues].value[1], 0, 1e-6);
  // Two back is no neighbour; only token 3 looks at token 1, only token 2 … none at token 0.
  EXPECT_NEAR(heads[kContinues].value[2], 0, 1e-6);
}

TEST(CausalLabels, AreGivenByTheProbeAndNamedAfterTheFirstToken) {
  const auto heads = report_of(*source_of(MaskKind::kCausal));
  EXPECT_TRUE(bears(heads[kContinues], "induction"));
  EXPECT_FALSE(bears(heads[kContinues], "duplicate"));
  EXPECT_TRUE(bears(heads[kFindsItself], "duplicate"));
  EXPECT_TRUE(bears(heads[kLooksBack], "previous"));
  EXPECT_TRUE(bears(heads[kRests], "first-token"));
  for (const HeadReport& head : heads) {
    EXPECT_TRUE(head.causal);
    EXPECT_FALSE(bears(head, "cls"));
    // The text has no later keys to attend to.
    EXPECT_TRUE(std::isnan(head.scores[static_cast<size_t>(Score::kNext)].value));
  }
  const LabelDetail& detail = heads[kContinues].details.at("induction");
  EXPECT_EQ(detail.obey, 6);
  EXPECT_EQ(detail.of, 6);
  EXPECT_TRUE(detail.examples.empty());
}

// Nine tokens: a short text, on which the first token draws more.
TEST(CausalLabels, ShortTextsNeedMoreForTheFirstToken) {
  const auto source = source_of(MaskKind::kCausal);
  const auto threshold = [&](const Thresholds& thresholds) {
    return report_of(*source, thresholds)[kRests].details.at("first-token").threshold;
  };
  EXPECT_EQ(threshold({}), .70);
  EXPECT_EQ(threshold(Thresholds::parse(R"({"short-tokens": 9})", "test")), .60);
}

// The same numbers, seen as an encoder's: scores without a label.
TEST(CausalLabels, AreNotForModelsThatSeeBothWays) {
  for (const HeadReport& head : report_of(*source_of(MaskKind::kNone))) {
    EXPECT_FALSE(head.causal);
    for (const char* label : {"induction", "duplicate", "first-token"}) {
      EXPECT_FALSE(bears(head, label)) << label;
    }
  }
}

}  // namespace
}  // namespace headscope
