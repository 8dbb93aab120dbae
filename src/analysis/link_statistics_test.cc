// Maps small enough to measure by hand.
#include "headscope/link_statistics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "format/arrays.h"
#include "headscope/error.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

// [CLS] a b ##c [SEP] d [SEP]: words a, bc in sentence A, d in B. Every row of a head is the same.
constexpr int64_t kTokens = 7;
using Row = std::array<float, kTokens>;
constexpr Row kFirst = {.10F, .20F, .30F, .06F, .04F, .20F, .10F};
constexpr Row kSecond = {.40F, .05F, .05F, .10F, .20F, .05F, .15F};
constexpr Row kThird = {.10F, .30F, .10F, .10F, .10F, .20F, .10F};

std::unique_ptr<AttentionSource> maps(const Row& first, const Row& second, bool causal = false) {
  TraceInfo info;
  TokenSequence t;
  t.tokens = {"[CLS]", "a", "b", "##c", "[SEP]", "d", "[SEP]"};
  t.ids = {1, 2, 3, 4, 5, 6, 5};
  t.words = {-1, 0, 1, 1, -1, 2, -1};
  t.special = {1, 0, 0, 0, 1, 0, 1};
  t.segment_ids = t.sentences = {0, 0, 0, 0, 0, 1, 1};
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps({0}, 2)};
  if (causal) info.stacks[0].layers[0].rule.mask.kind = MaskKind::kCausal;
  std::vector<float> values;
  for (const Row& row : {first, second}) {
    for (int64_t i = 0; i < kTokens; ++i) values.insert(values.end(), row.begin(), row.end());
  }
  return make_array_source(std::move(info), {Array::from(values, {2, kTokens, kTokens})});
}

const std::vector<StackHeads> kHeads = {{0, "", {{0, 0}, {0, 1}}, true}};
// a → b, a part of a word; d → a, in the other sentence.
const std::vector<TokenLink> kTwo = {{0, {1, 2}, {2, 3}}, {0, {5, 6}, {1, 2}}};
const std::vector<TokenLink> kOne = {{0, {1, 2}, {2, 3}}};

TEST(LinkStatistics, MeansOverLinksAndSegments) {
  LinkStatistics links(kHeads);
  links.add(*maps(kFirst, kSecond), kTwo);
  links.add(*maps(kThird, kThird), kOne);
  const auto heads = links.heads();
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_EQ(heads[0].id, (HeadId{0, 0}));
  EXPECT_EQ(heads[0].n, 3);
  EXPECT_EQ(links.links(), 3);
  // Weights .30 and .20, then .10; a segment gives .5 of 2 links, the other .1 of 1.
  EXPECT_NEAR(heads[0].mean, .2, 1e-7);
  EXPECT_NEAR(heads[0].se, std::sqrt(.1 * .1 + .1 * .1) / 3, 1e-7);
  // b is the heaviest (##c and the others are lighter), a second behind bc, then third.
  EXPECT_NEAR(heads[0].rank, (1 + 2 + 3) / 3.0, 1e-12);
  EXPECT_NEAR(heads[0].top1, 1 / 3.0, 1e-12);
  // Own-sentence words but a: b, ##c; other sentence: a, b, ##c; again b, ##c.
  const double chance = ((.30 + .06) / 2 + (.20 + .30 + .06) / 3 + (.10 + .10) / 2) / 3;
  EXPECT_NEAR(heads[0].chance, chance, 1e-7);
  EXPECT_NEAR(heads[0].lift, .2 / chance, 1e-6);
  EXPECT_NEAR(heads[1].mean, (.05 + .05 + .10) / 3, 1e-7);
  EXPECT_NEAR(heads[1].rank, (5 + 5 + 3) / 3.0, 1e-12);
  EXPECT_EQ(heads[1].top1, 0);
}

TEST(LinkStatistics, WhatIsNotMeasuredIsCounted) {
  LinkStatistics links(kHeads);
  const std::vector<TokenLink> none = {{0, {1, 2}, {2, 2}}, {0, {0, 0}, {2, 3}}};
  links.add(*maps(kFirst, kSecond), none);
  EXPECT_EQ(links.left_out(), 2);
  EXPECT_TRUE(links.heads().empty());
  // a does not see b, d sees a.
  links.add(*maps(kFirst, kSecond, true), kTwo);
  EXPECT_EQ(links.hidden(), 1);
  EXPECT_EQ(links.links(), 1);
  EXPECT_EQ(links.heads()[0].n, 1);
  EXPECT_TRUE(std::isnan(links.heads()[0].se)) << "one segment";
  const std::vector<TokenLink> outside = {{0, {1, 2}, {6, 8}}};
  EXPECT_THROW(links.add(*maps(kFirst, kSecond), outside), Error);
}

TEST(LinkStatistics, PartsAddAndComeBack) {
  LinkStatistics whole(kHeads), first(kHeads), second(kHeads);
  whole.add(*maps(kFirst, kSecond), kTwo);
  whole.add(*maps(kThird, kThird), kOne);
  first.add(*maps(kFirst, kSecond), kTwo);
  second.add(*maps(kThird, kThird), kOne);
  second.merge(first);
  ArrayWriter out;
  second.save(out);
  const std::string bytes = out.finish({});
  LinkStatistics read(kHeads);
  read.load(ArrayReader(bytes, "part"));
  const auto want = whole.heads(), got = read.heads();
  ASSERT_EQ(got.size(), want.size());
  for (size_t h = 0; h < want.size(); ++h) {
    EXPECT_EQ(got[h].id, want[h].id);
    EXPECT_EQ(got[h].n, want[h].n);
    EXPECT_NEAR(got[h].mean, want[h].mean, 1e-12);
    EXPECT_NEAR(got[h].se, want[h].se, 1e-12);
    EXPECT_NEAR(got[h].rank, want[h].rank, 1e-12);
    EXPECT_NEAR(got[h].lift, want[h].lift, 1e-12);
  }
  EXPECT_EQ(read.links(), 3);
  LinkStatistics other({{0, "", {{0, 0}}, true}});
  EXPECT_THROW(other.merge(read), Error);
  EXPECT_THROW(other.load(ArrayReader(bytes, "part")), Error);
}

}  // namespace
}  // namespace headscope
