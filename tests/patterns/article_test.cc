// The article's sentence pair on the real weights, pattern 5 included. Expected values: a NumPy and
// PyTorch implementation of docs/patterns.md.
#include "headscope/article.h"

#include <gtest/gtest.h>

#include <numeric>

#include "corpus.h"
#include "headscope/model.h"
#include "headscope/models.h"

namespace headscope {
namespace {

class ArticleWeights : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (offline()) return;
    model_ = open_model(find_model("bert-base-uncased"), {"", false}).release();
    text_ = new TokenSequence(
        model_->runner().tokenize(std::string(kArticleTextA), std::string(kArticleTextB), {}));
    contribution_ = new std::vector<double>(predictive_contribution(*model_->masked(), *text_));
    StatisticsOptions options;
    options.single_text = true;
    options.embeddings = model_->embeddings();
    Statistics statistics(heads_of(model_->runner().stacks()), options);
    const auto trace = model_->runner().trace({text_, 1})[0];
    statistics.add(*trace, 0);
    statistics.add_predictive(*trace, *contribution_, 0);
    heads_ = new std::vector<HeadReport>(statistics.report({}));
  }
  static void TearDownTestSuite() {
    delete model_;
    delete text_;
    delete contribution_;
    delete heads_;
  }
  void SetUp() override {
    if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  }
  static double c(size_t i, size_t j) {
    return (*contribution_)[i * static_cast<size_t>(text_->size()) + j];
  }

  static Model* model_;
  static TokenSequence* text_;
  static std::vector<double>* contribution_;
  static std::vector<HeadReport>* heads_;
};
Model* ArticleWeights::model_ = nullptr;
TokenSequence* ArticleWeights::text_ = nullptr;
std::vector<double>* ArticleWeights::contribution_ = nullptr;
std::vector<HeadReport>* ArticleWeights::heads_ = nullptr;

struct Expected {
  const char* head;
  Score score;
  double value;
  double chance = kUndefined, lift = kUndefined, z = kUndefined;
};

TEST_F(ArticleWeights, Scores) {
  const Expected rows[] = {
      {"L2H0", Score::kNext, .9998, .1428, 7.00, 9.23},
      {"L6H11", Score::kPrevious, .4956, kUndefined, 6.51, 8.09},
      {"L2H6", Score::kSameIncluding, .5420, .0844, 6.42},
      {"L2H6", Score::kSameElsewhere, .3283},
      {"L2H6", Score::kSelf, .2923},
      {"L10H10", Score::kSameAcrossAll, .4322, kUndefined, 4.66},
      {"L10H10", Score::kSameAcrossContent, .7607},
      {"L2H1", Score::kPiece, .8774},
      {"L6H4", Score::kSep, .7290},
      {"L7H3", Score::kSep, .9107},
      {"L1H6", Score::kCls, .9033},
      {"L10H5", Score::kPunctuation, .5163},
      {"L0H0", Score::kBroad, .8048},
      {"L0H0", Score::kSentence, .7464},
  };
  const auto near = [](double got, double expected, double tolerance, const char* what) {
    if (std::isnan(expected)) return;
    EXPECT_NEAR(got, expected, tolerance) << what;
  };
  for (const Expected& row : rows) {
    SCOPED_TRACE(std::string(row.head) + " " + std::string(name_of(row.score)));
    const ScoreResult& got = score_of(*heads_, row.head, row.score);
    near(got.value, row.value, .002, "value");
    near(got.chance, row.chance, .002, "chance");
    near(got.lift, row.lift, .01, "lift");
    near(got.z, row.z, .01, "z");
  }
}

// i and j as positions in [CLS] i went to the store . [SEP] at the store , i bought fresh straw
// ##berries . [SEP].
TEST_F(ArticleWeights, PatternFive) {
  struct Help {
    size_t i, j;
    double nats;
  };
  for (const Help& help : {Help{15, 16, 6.118}, {16, 15, 6.281}, {5, 4, 3.323}, {5, 2, 1.630}}) {
    EXPECT_NEAR(c(help.i, help.j), help.nats, .01) << help.i << " ← " << help.j;
  }
  double best = 0;
  const auto n = static_cast<size_t>(text_->size());
  for (size_t i = 0; i < n; ++i) {
    double most = 0;
    for (size_t j = 0; j < n; ++j) {
      EXPECT_EQ(std::isnan(c(i, j)), text_->special[i] || text_->special[j] || i == j);
      if (c(i, j) > most) most = c(i, j);
    }
    best += most;
  }
  EXPECT_NEAR(best, 23.149, .05);
  EXPECT_NEAR(score_of(*heads_, "L2H1", Score::kPredictive).value, .4169, .003);
  EXPECT_EQ(rank_of(*heads_, "L2H1", Score::kPredictive), 1);
  const LabelDetail& detail = head_named(*heads_, "L2H1").details.at("predictive");
  ASSERT_FALSE(detail.examples.empty());
  EXPECT_EQ(detail.examples[0].query_token, "straw");
  EXPECT_EQ(detail.examples[0].key_token, "##berries");
}

TEST_F(ArticleWeights, HeadsOfTheArticleHaveItsLabels) {
  const std::pair<const char*, const char*> rows[] = {
      {"L2H0", "next"},       {"L6H11", "previous"},
      {"L2H6", "same-word"},  {"L10H10", "other-sentence"},
      {"L2H1", "predictive"}, {"L6H4", "sep"}};
  for (const auto& [head, label] : rows) {
    EXPECT_TRUE(heads_with(*heads_, label).contains(head)) << head << " " << label;
  }
  EXPECT_TRUE(head_named(*heads_, "L10H10").details.at("other-sentence").undecided);
  EXPECT_TRUE(head_named(*heads_, "L2H6").details.at("same-word").incl_itself);
}

}  // namespace
}  // namespace headscope
