// Pattern 5 on 40 sentences of WikiText-2, real weights: 4,900 masked runs, a minute on two cores,
// so a program of its own. Expected: a PyTorch implementation of docs/patterns.md.
#include <gtest/gtest.h>

#include "../patterns/corpus.h"
#include "headscope/corpus_analysis.h"
#include "headscope/model.h"
#include "headscope/models.h"

namespace headscope {
namespace {

TEST(PredictiveWeights, HeadThatLooksAtWhatHelps) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  const TemporaryFolder folder;
  write_wikitext_sentences(folder.file("sentences.txt"));
  const auto model = open_model(find_model("bert-base-uncased"), {"", false});
  CorpusSettings settings;
  settings.paths = {folder.file("sentences.txt")};
  settings.sample = 2;
  settings.predictive = 40;
  CorpusAnalysis analysis({model->runner(), model->masked(), model->embeddings(), std::nullopt},
                          settings);
  analysis.run_segments();
  analysis.run_predictive();
  const auto heads = analysis.report().heads();
  EXPECT_NEAR(score_of(heads, "L2H1", Score::kPredictive).value, .129, .001);
  EXPECT_EQ(rank_of(heads, "L2H1", Score::kPredictive), 1);
  EXPECT_EQ(heads_with(heads, "predictive"), HeadSet{"L2H1"});
}

}  // namespace
}  // namespace headscope
