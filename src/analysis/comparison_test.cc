#include "headscope/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headscope/error.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

struct Token {
  const char* text;
  int64_t begin, end;  // characters; begin = end: of the template
  int sentence = 0;
  int word = 0;
};

TokenSequence sequence(const std::string& a, const std::vector<Token>& tokens,
                       const std::optional<std::string>& b = {}) {
  TokenSequence out;
  out.text_a = a;
  out.text_b = b;
  for (const Token& token : tokens) {
    out.tokens.emplace_back(token.text);
    out.ids.push_back(1);
    out.segment_ids.push_back(token.sentence);
    out.sentences.push_back(token.sentence);
    out.offsets.push_back({token.begin, token.end});
    out.special.push_back(token.begin == token.end);
    out.words.push_back(token.begin == token.end ? -1 : token.word);
  }
  return out;
}

// "0:1=0:1" a pair, "<2:3" on the left alone, ">2:3" on the right alone; in this order.
std::string words_of(const Alignment& alignment) {
  const auto range = [](Range r) { return std::to_string(r.begin) + ":" + std::to_string(r.end); };
  std::string out;
  for (const TokenPair& pair : alignment.matched)
    out += range(pair.left) + "=" + range(pair.right) + " ";
  for (const Range r : alignment.left_only) out += "<" + range(r) + " ";
  for (const Range r : alignment.right_only) out += ">" + range(r) + " ";
  return out;
}

// Expected pairs were written by hand from the characters.
TEST(Alignment, TokensThatStandForTheSameCharacters) {
  const std::string jam = "Strawberry jam!";
  const TokenSequence cased = sequence(jam, {{"[CLS]", 0, 0},
                                             {"Straw", 0, 5},
                                             {"##berry", 5, 10},
                                             {"jam", 11, 14, 0, 1},
                                             {"!", 14, 15, 0, 2},
                                             {"[SEP]", 0, 0}});
  const TokenSequence uncased = sequence(jam, {{"<s>", 0, 0},
                                               {"strawberry", 0, 10},
                                               // A blank counts for nothing: byte-level BPE.
                                               {"␣jam!", 10, 15, 0, 1},
                                               {"</s>", 0, 0}});
  EXPECT_EQ(words_of(align_tokens(cased, uncased)), "0:1=0:1 1:3=1:2 3:5=2:3 5:6=3:4 ");
  EXPECT_EQ(words_of(align_tokens(uncased, cased)), "0:1=0:1 1:2=1:3 2:3=3:5 3:4=5:6 ");
  // Cut short, as by --truncate: what is gone stands on one side alone.
  TokenSequence cut = sequence(jam, {{"[CLS]", 0, 0}, {"Straw", 0, 5}, {"[SEP]", 0, 0}});
  EXPECT_EQ(words_of(align_tokens(cut, cased)), "0:1=0:1 1:2=1:2 2:3=5:6 >2:3 >3:4 >4:5 ");
  EXPECT_EQ(words_of(align_tokens(cut, uncased)), "0:1=0:1 2:3=3:4 <1:2 >1:2 >2:3 ");
}

TEST(Alignment, AnotherTextByItsWords) {
  const TokenSequence store = sequence("to the store", {{"[CLS]", 0, 0},
                                                        {"to", 0, 2, 0, 0},
                                                        {"the", 3, 6, 0, 1},
                                                        {"store", 7, 12, 0, 2},
                                                        {"[SEP]", 0, 0}});
  const TokenSequence shop = sequence("to a shop the store", {{"[CLS]", 0, 0},
                                                              {"to", 0, 2, 0, 0},
                                                              {"a", 3, 4, 0, 1},
                                                              {"shop", 5, 9, 0, 2},
                                                              {"the", 10, 13, 0, 3},
                                                              {"st", 14, 16, 0, 4},
                                                              {"##ore", 16, 19, 0, 4},
                                                              {"[SEP]", 0, 0}});
  EXPECT_EQ(words_of(align_tokens(store, shop)),
            "0:1=0:1 1:2=1:2 2:3=4:5 3:4=5:7 4:5=7:8 >2:3 >3:4 ");
  // A second sentence on one side alone, with its [SEP].
  const TokenSequence pair = sequence("to the store",
                                      {{"[CLS]", 0, 0},
                                       {"to", 0, 2, 0, 0},
                                       {"the", 3, 6, 0, 1},
                                       {"store", 7, 12, 0, 2},
                                       {"[SEP]", 0, 0},
                                       {"ok", 0, 2, 1, 3},
                                       {"[SEP]", 0, 0, 1}},
                                      "ok");
  EXPECT_EQ(words_of(align_tokens(pair, store)),
            "0:1=0:1 1:2=1:2 2:3=2:3 3:4=3:4 4:5=4:5 <5:6 <6:7 ");
}

// Ids without a text are matched by their names.
TEST(Alignment, TokensWithoutCharacters) {
  const auto loose = [](std::vector<std::string> names) {
    TokenSequence out;
    out.tokens = std::move(names);
    out.offsets.resize(out.tokens.size());
    out.special.assign(out.tokens.size(), 0);
    return out;
  };
  EXPECT_EQ(words_of(align_tokens(loose({"#1", "#2", "#3"}), loose({"#1", "#3", "#4"}))),
            "0:1=0:1 2:3=1:2 <1:2 >2:3 ");
}

std::unique_ptr<AttentionSource> maps(const TokenSequence& tokens, std::vector<float> values,
                                      int heads = 1) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({0}, heads)};
  info.set_sequence("text", tokens);
  const int64_t n = tokens.size();
  return make_array_source(info, {Array::from(std::move(values), {heads, n, n})});
}

TEST(Comparison, WithItselfIsNothing) {
  for (const Trace& trace : {pair_trace(), several_stacks()}) {
    for (const StackInfo& stack : trace.info().stacks) {
      ComparisonOptions options;
      options.stack = stack.name;
      const Comparison found = compare_sources(trace, trace, options);
      EXPECT_EQ(found.heads.size(), 4u);
      EXPECT_TRUE(found.queries.left_only.empty() && found.queries.right_only.empty());
      for (const HeadDifference& head : found.heads) {
        EXPECT_EQ(head.js, 0) << stack.name << " " << to_string(head.id);
        EXPECT_EQ(head.mean_abs, 0);
        EXPECT_EQ(head.left_labels, head.right_labels);
        EXPECT_GT(head.queries, 0);
      }
    }
  }
}

// Rows of two keys. By hand, p = (½, ½), q = (1, 0): m = (¾, ¼),
// JS = ½ (½ ln ⅔ + ½ ln 2) + ½ ln 4⁄3 = 0.2157615…; the other row is the same on both sides.
TEST(Comparison, DivergenceOfRowsByHand) {
  const TokenSequence two = plain_sequence(2);
  const auto left = maps(two, {0.5f, 0.5f, 0.25f, 0.75f}), right = maps(two, {1, 0, 0.25f, 0.75f});
  const Comparison found = compare_sources(*left, *right);
  ASSERT_EQ(found.heads.size(), 1u);
  EXPECT_NEAR(found.heads[0].js, 0.21576155433883568 / 2, 1e-12);
  EXPECT_NEAR(found.heads[0].mean_abs, (0.5 + 0) / 2 * 2 / 3, 1e-12)
      << "the sink is a key, too: (½ + ½ + 0) / 3 in one row of two";
  EXPECT_EQ(found.heads[0].queries, 2);
}

// Of four rows (divergences a, b, 0, c) the second and the fourth are taken: the middles of two
// halves, rounded up.
TEST(Comparison, OfManyQueriesAnEvenSample) {
  const TokenSequence four = plain_sequence(4);
  const auto left = maps(four, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
  const auto right = maps(four, {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0.5f, 0.5f, 0, 0});
  const Comparison all = compare_sources(*left, *right);
  EXPECT_EQ(all.heads[0].queries, 4);
  EXPECT_TRUE(all.notes.empty());
  ComparisonOptions options;
  options.most_queries = 2;
  const Comparison some = compare_sources(*left, *right, options);
  EXPECT_EQ(some.heads[0].queries, 2);
  EXPECT_EQ(some.queries.matched.size(), 4u) << "what is matched does not depend on the sample";
  ASSERT_EQ(some.notes.size(), 1u);
  EXPECT_NE(some.notes[0].find("2 of 4 queries"), std::string::npos);
  // p = (1, 0), q = (½, ½): ½ ln 4⁄3 + ½ (½ ln ⅔ + ½ ln 2) = 0.2157615…, and 0 of the equal row.
  EXPECT_NEAR(some.heads[0].js, 0.21576155433883568 / 2, 1e-12);
  options.most_queries = 4;
  EXPECT_EQ(compare_sources(*left, *right, options).heads[0].js, all.heads[0].js);
}

// Rows are restricted to matched keys and sum to 1 there; a split word is one unit.
TEST(Comparison, OnlyWhatIsMatchedCounts) {
  const std::string text = "ab c";
  const TokenSequence split =
      sequence(text, {{"a", 0, 1, 0, 0}, {"##b", 1, 2, 0, 0}, {"c", 3, 4, 0, 1}});
  const TokenSequence whole = sequence(text, {{"ab", 0, 2, 0, 0}, {"c", 3, 4, 0, 1}});
  // The word's row is the mean of (.2, .2, .6) and (.3, .3, .4) with its two keys summed: (.5, .5).
  const auto left = maps(split, {0.2f, 0.2f, 0.6f, 0.3f, 0.3f, 0.4f, 0.1f, 0.3f, 0.6f});
  const auto right = maps(whole, {0.5f, 0.5f, 0.4f, 0.6f});
  const Comparison found = compare_sources(*left, *right);
  EXPECT_NEAR(found.heads[0].js, 0, 1e-12);
  EXPECT_EQ(found.matched_words(), 2);
  // A key that is on the left alone takes half of each row there, and changes nothing.
  const TokenSequence more =
      sequence("ab c d", {{"ab", 0, 2, 0, 0}, {"c", 3, 4, 0, 1}, {"d", 5, 6, 0, 2}});
  const auto longer = maps(more, {0.25f, 0.25f, 0.5f, 0.2f, 0.3f, 0.5f, 0, 0, 1});
  const Comparison other = compare_sources(*longer, *right);
  EXPECT_NEAR(other.heads[0].js, 0, 1e-12);
  EXPECT_EQ(words_of(other.queries), "0:1=0:1 1:2=1:2 <2:3 ");
}

TEST(Comparison, HeadsByName) {
  const TokenSequence two = plain_sequence(2);
  const auto one = maps(two, {1, 0, 0, 1});
  const auto three = maps(two, {0.5f, 0.5f, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1}, 3);
  const Comparison found = compare_sources(*three, *one);
  ASSERT_EQ(found.heads.size(), 1u);
  EXPECT_GT(found.heads[0].js, 0.1);
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("the left has 3, the right 1"), std::string::npos);
  const auto other_text = maps(sequence("y", {{"y", 0, 1}}), {1});
  EXPECT_THROW(compare_sources(*one, *other_text), Error);
  EXPECT_EQ(compare_sources(*other_text, *other_text).heads.at(0).js, 0) << "a single token";
  ComparisonOptions cross;
  cross.stack = "cross";
  EXPECT_THROW(compare_sources(*one, *one, cross), Error);
}

}  // namespace
}  // namespace headscope
