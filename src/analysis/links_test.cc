// Maps small enough to rank by hand.
#include "headscope/links.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headscope/error.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

// [CLS] a b ##c [SEP] d [SEP]: words a, bc in sentence A, d in B.
constexpr int64_t kTokens = 7;
TraceInfo info_of(int heads) {
  TraceInfo info;
  TokenSequence t;
  t.tokens = {"[CLS]", "a", "b", "##c", "[SEP]", "d", "[SEP]"};
  t.ids = {1, 2, 3, 4, 5, 6, 5};
  t.words = {-1, 0, 1, 1, -1, 2, -1};
  t.special = {1, 0, 0, 0, 1, 0, 1};
  t.segment_ids = t.sentences = {0, 0, 0, 0, 0, 1, 1};
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps({0}, heads)};
  return info;
}

//                             [CLS] a    b    ##c  [SEP] d    [SEP]
constexpr float kFirst[7] = {.10F, .20F, .30F, .06F, .04F, .20F, .10F};
constexpr float kSecond[7] = {.40F, .05F, .05F, .10F, .20F, .05F, .15F};

// Two heads: every row of the first is kFirst, of the second kSecond.
struct Maps {
  std::vector<float> values;
  std::unique_ptr<AttentionSource> source;
  explicit Maps(TraceInfo info = info_of(2)) {
    for (const float* row : {kFirst, kSecond}) {
      for (int64_t i = 0; i < kTokens; ++i) values.insert(values.end(), row, row + kTokens);
    }
    source = make_array_source(std::move(info), {Array::from(values, {2, kTokens, kTokens})});
  }
};

std::vector<std::string> names(const std::vector<HeadLink>& links) {
  std::vector<std::string> out;
  for (const HeadLink& link : links) out.push_back(to_string(link.id));
  return out;
}

TEST(Links, HeadsByOneWeightWithRankAndChance) {
  const Maps maps;
  // a → b: own-sentence words but a are b (.30, .05) and ##c (.06, .10).
  const auto links = rank_links(*maps.source, {.query = 1, .key = 2});
  ASSERT_EQ(names(links), (std::vector<std::string>{"L0H0", "L0H1"}));
  EXPECT_NEAR(links[0].weight, .30, 1e-7);
  EXPECT_EQ(links[0].rank, 1);
  EXPECT_NEAR(links[0].chance, .18, 1e-7);
  EXPECT_NEAR(links[0].lift, .30 / .18, 1e-6);
  EXPECT_NEAR(links[1].weight, .05, 1e-7);
  EXPECT_EQ(links[1].rank, 5) << ".40, .20, .15 and .10 are heavier, .05 are equal";
  EXPECT_NEAR(links[1].chance, .075, 1e-7);
}

TEST(Links, ClassesOfChance) {
  const Maps maps;
  // The other sentence has one word, so chance is its own weight.
  EXPECT_NEAR(rank_links(*maps.source, {.query = 1, .key = 5})[0].chance, .20, 1e-7);
  // The query itself: all words, (.20 + .30 + .06 + .20) / 4.
  EXPECT_NEAR(rank_links(*maps.source, {.query = 1, .key = 1})[0].chance, .19, 1e-7);
  // A special token: all seven keys, whose masses sum to 1.
  const auto cls = rank_links(*maps.source, {.query = 1, .key = 0});
  EXPECT_EQ(names(cls), (std::vector<std::string>{"L0H1", "L0H0"}));
  EXPECT_NEAR(cls[0].chance, 1.0 / 7, 1e-7);
}

TEST(Links, WholeWordsSumKeysAndAverageQueries) {
  const Maps maps;
  // a → bc: .30 + .06; the word is heavier than any other key. Both keys of the class are hits.
  const auto to = rank_links(*maps.source, {.query = 1, .key = 3, .words = true});
  EXPECT_NEAR(to[0].weight, .36, 1e-7);
  EXPECT_EQ(to[0].rank, 1);
  EXPECT_NEAR(to[0].chance, .36, 1e-7);
  // bc → a, from either piece: the mean of equal rows. b's own class is a and ##c, ##c's a and b.
  for (const int64_t query : {2, 3}) {
    const auto from = rank_links(*maps.source, {.query = query, .key = 1, .words = true});
    EXPECT_NEAR(from[0].weight, .20, 1e-7);
    EXPECT_NEAR(from[0].chance, ((.20 + .06) / 2 + (.20 + .30) / 2) / 2, 1e-7);
    EXPECT_EQ(from[0].rank, 2) << "the word bc with .36 is heavier; d with .20 is equal";
  }
}

TEST(Links, EqualWeightsStandByLayerAndHead) {
  const Maps maps;
  TraceInfo info = info_of(2);
  std::vector<float> same(2 * 49, 1.0F / 7);
  const auto source = make_array_source(info, {Array::from(same, {2, kTokens, kTokens})});
  EXPECT_EQ(names(rank_links(*source, {.query = 1, .key = 2})),
            (std::vector<std::string>{"L0H0", "L0H1"}));
}

TEST(Links, KeysThatTheMaskHides) {
  TraceInfo info = info_of(2);
  info.stacks[0].layers[0].rule.mask.kind = MaskKind::kCausal;
  const Maps maps(info);
  EXPECT_THROW(rank_links(*maps.source, {.query = 1, .key = 2}), Error);
  // Only keys up to the query are in a class: b's own-sentence words but itself are a alone.
  const auto links = rank_links(*maps.source, {.query = 2, .key = 1});
  EXPECT_NEAR(links[0].chance, links[0].weight, 1e-7);
}

TEST(Links, TokensThatThereAreNot) {
  const Maps maps;
  for (const LinkQuestion& question :
       {LinkQuestion{.query = 7}, LinkQuestion{.key = 7}, LinkQuestion{.query = -1}}) {
    try {
      rank_links(*maps.source, question);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string(error.what()).find("a token from 0 to 6"), std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace headscope
