// WikiText-2's validation split on the real weights, by the recipe of docs/patterns.md. Expected
// values: a NumPy and PyTorch implementation of the same definitions; Clark et al. 2019's figures.
#include <gtest/gtest.h>

#include "corpus.h"
#include "headscope/corpus_analysis.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/report.h"
#include "headscope/threads.h"

namespace headscope {
namespace {

class WikitextWeights : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (offline()) return;
    folder_ = new TemporaryFolder;
    write_wikitext_sentences(folder_->file("sentences.txt"));
    model_ = open_model(find_model("bert-base-uncased"), {"", false}).release();
  }
  static void TearDownTestSuite() {
    delete model_;
    delete folder_;
  }
  void SetUp() override {
    if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  }
  void TearDown() override { set_max_threads(0); }

  static CorpusSettings pairs(int64_t sample) {
    CorpusSettings settings;
    settings.paths = {folder_->file("sentences.txt")};
    settings.segments.pairs = true;
    settings.segments.max_tokens = 128;
    settings.sample = sample;
    return settings;
  }
  static CorpusAnalysis analysis(const CorpusSettings& settings) {
    return {{model_->runner(), model_->masked(), model_->embeddings(), std::nullopt}, settings};
  }
  static std::vector<HeadReport> run(const CorpusSettings& settings) {
    CorpusAnalysis whole = analysis(settings);
    whole.run_segments();
    whole.run_predictive();
    return whole.report().heads();
  }

  static Model* model_;
  static TemporaryFolder* folder_;
};
Model* WikitextWeights::model_ = nullptr;
TemporaryFolder* WikitextWeights::folder_ = nullptr;

TEST_F(WikitextWeights, TheRecipeGivesItsSegments) {
  CorpusSettings settings = pairs(300);
  settings.predictive = 40;
  const CorpusScan scan = analysis(settings).scan();
  EXPECT_EQ(scan.segments, 489);
  EXPECT_EQ(scan.sentences, 908);
  EXPECT_EQ(scan.sampled_segments, 300);
}

// Also that 30 segments tell the same as 300.
TEST_F(WikitextWeights, LabelsOf300Segments) {
  const auto heads = run(pairs(300));
  EXPECT_EQ(heads_with(heads, "next"), (HeadSet{"L0H10", "L1H1", "L2H0", "L2H9", "L5H9"}));
  EXPECT_EQ(heads_with(heads, "previous"), (HeadSet{"L1H4", "L3H5", "L6H11", "L7H4"}));
  EXPECT_EQ(heads_with(heads, "other-sentence"), HeadSet{"L10H10"});
  EXPECT_EQ(heads_with(heads, "same-word"), (HeadSet{"L1H11", "L2H6", "L3H0"}));
  EXPECT_EQ(heads_with(heads, "cls"), HeadSet{"L1H6"});
  EXPECT_NEAR(score_of(heads, "L7H3", Score::kSep).value, .87, .03);
  EXPECT_NEAR(score_of(heads, "L10H5", Score::kPunctuation).value, .80, .04);
  EXPECT_NEAR(score_of(heads, "L0H0", Score::kSentence).value, .916, .02);
  EXPECT_NEAR(score_of(heads, "L10H10", Score::kCrossPreference).value, .775, .002);
  double second = 0;
  for (const HeadReport& head : heads) {
    const bool itself = to_string(head.id) == "L10H10";
    const double phi = head.scores[static_cast<size_t>(Score::kCrossPreference)].value;
    if (!itself) second = std::max(second, phi);
  }
  EXPECT_NEAR(second, .603, .002);
  const double agreement = kappa(run(pairs(30)), heads);
  std::printf("kappa of 30 and 300 segments: %.4f\n", agreement);
  EXPECT_GE(agreement, .97);
}

// Clark et al. fed zeros for both sentences.
TEST_F(WikitextWeights, MeasuresOfClarkEtAl) {
  CorpusSettings settings = pairs(48);
  settings.zero_segment_ids = true;
  const auto heads = run(settings);
  const std::pair<const char*, const char*> columns[] = {
      {"cls", "cls"}, {"sep", "sep"}, {"punct", "punctuation"}, {"entropy_nats", "entropy"}};
  for (const auto& [column, measure] : columns) {
    const auto at = static_cast<size_t>(std::find(kClarkNames.begin(), kClarkNames.end(), measure) -
                                        kClarkNames.begin());
    std::vector<double> ours;
    for (const HeadReport& head : heads) ours.push_back(head.clark[at]);
    const auto published = clark_column(column);
    ASSERT_EQ(published.size(), ours.size());
    const double r = pearson(ours, published);
    std::printf("%s: correlation with the published values %.4f\n", measure, r);
    EXPECT_GE(r, .99) << measure;
  }
}

TEST_F(WikitextWeights, ShardsThreadsAndResumingChangeNothing) {
  const CorpusSettings settings = pairs(10);
  CorpusAnalysis whole = analysis(settings);
  whole.run_segments();
  const std::string expected = report_json(whole.report());

  set_max_threads(1);
  CorpusAnalysis alone = analysis(settings);
  alone.run_segments();
  EXPECT_TRUE(report_json(alone.report()) == expected) << "one thread";
  set_max_threads(0);

  CorpusAnalysis stopped = analysis(settings), resumed = analysis(settings);
  const RunControl control;
  EXPECT_ANY_THROW(stopped.run_segments(control, [&] { control.cancel.cancel(); }));
  resumed.restore(stopped.checkpoint(), "checkpoint");
  EXPECT_GT(resumed.segments_done(), 0);
  resumed.run_segments();
  EXPECT_TRUE(report_json(resumed.report()) == expected) << "resumed";

  std::vector<ReportFile> parts;
  for (int64_t shard = 0; shard < 2; ++shard) {
    CorpusSettings with = settings;
    with.shard = shard;
    with.shards = 2;
    CorpusAnalysis part = analysis(with);
    part.run_segments();
    parts.push_back({"shard " + std::to_string(shard), report_json(part.report())});
  }
  const auto merged = merge_reports(parts).heads(), one = whole.report().heads();
  double worst = 0;
  for (size_t h = 0; h < one.size(); ++h) {
    ASSERT_EQ(merged[h].labels, one[h].labels);
    for (size_t s = 0; s < kScoreCount; ++s) {
      const ScoreResult &a = merged[h].scores[s], &b = one[h].scores[s];
      for (const auto& [x, y] : {std::pair{a.value, b.value}, {a.se, b.se}, {a.chance, b.chance}}) {
        ASSERT_EQ(std::isnan(x), std::isnan(y));
        if (!std::isnan(x)) worst = std::max(worst, std::abs(x - y));
      }
    }
  }
  std::printf("shards merged: largest difference %.1e\n", worst);
  EXPECT_LE(worst, 1e-9);
}

}  // namespace
}  // namespace headscope
