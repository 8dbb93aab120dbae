#include "headscope/grammar.h"

#include <gtest/gtest.h>

#include <random>

#include "analysis/spanning_tree.h"
#include "format/arrays.h"
#include "headscope/error.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

// Every assignment of heads that is a tree below `root`, by enumeration.
double best_tree_score(const std::vector<double>& scores, int32_t n, int32_t root) {
  double best = -1e300;
  std::vector<int32_t> head(static_cast<size_t>(n), 0);
  int64_t total = 1;
  for (int32_t i = 0; i < n; ++i) total *= n;
  for (int64_t code = 0; code < total; ++code) {
    int64_t rest = code;
    double sum = 0;
    bool tree = true;
    for (int32_t d = 0; d < n; ++d, rest /= n) head[d] = static_cast<int32_t>(rest % n);
    head[root] = -1;
    for (int32_t d = 0; d < n && tree; ++d) {
      int32_t node = d, steps = 0;
      while (node >= 0 && head[node] != node && steps++ <= n) node = head[node];
      tree = node < 0;
      if (d != root && tree) sum += scores[static_cast<size_t>(d * n + head[d])];
    }
    if (tree) best = std::max(best, sum);
  }
  return best;
}

TEST(MaximumSpanningTree, EqualsTheBestOfAllTrees) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int trial = 0; trial < 200; ++trial) {
    const int32_t n = 1 + trial % 5, root = trial % n;
    std::vector<double> scores(static_cast<size_t>(n * n));
    for (double& s : scores) s = uniform(random);
    const auto head = maximum_spanning_tree(scores, n, root);
    double sum = 0;
    for (int32_t d = 0; d < n; ++d) {
      EXPECT_EQ(head[d] < 0, d == root);
      if (d != root) sum += scores[static_cast<size_t>(d * n + head[d])];
    }
    EXPECT_NEAR(sum, best_tree_score(scores, n, root), 1e-12) << "n " << n << ", root " << root;
  }
}

// [CLS] the straw ##berries ripen [SEP]: words the, strawberries, ripen (root).
TokenSequence sentence() {
  TokenSequence s;
  s.tokens = {"[CLS]", "the", "straw", "##berries", "ripen", "[SEP]"};
  s.special = {1, 0, 0, 0, 0, 1};
  s.offsets = {{0, 0}, {0, 3}, {4, 9}, {9, 16}, {17, 22}, {0, 0}};
  s.ids.assign(6, 0);
  s.sentences.assign(6, 0);
  return s;
}

std::unique_ptr<AttentionSource> source_of(const std::vector<float>& maps, int heads) {
  TraceInfo info;
  info.set_sequence("text", sentence());
  info.stacks = {stack_of_maps({3}, heads)};
  return make_array_source(info, {Array::from(maps, {heads, 6, 6})});
}

const std::vector<Range> kWords = {{0, 3}, {4, 16}, {17, 22}};

TEST(Grammar, FindsThePiecesOfWords) {
  const auto pieces = pieces_of_words(sentence(), kWords);
  EXPECT_EQ(pieces, (std::vector<Range>{{1, 2}, {2, 4}, {4, 5}}));
}

// Offsets of byte-level tokens hold the blank before the word (Transformers' GPT-2, Llama 3).
TEST(Grammar, ABlankBelongsToTheWordBehindIt) {
  TokenSequence t;
  t.text_a = "The store  shut";
  t.tokens = {"The", "\xC4\xA0store", "\xC4\xA0", "\xC4\xA0shut"};
  t.offsets = {{0, 3}, {3, 9}, {9, 10}, {10, 15}};
  t.special.assign(4, 0);
  t.words = {0, 1, 2, 2};
  t.sentences.assign(4, 0);
  EXPECT_EQ(pieces_of_words(t, {{0, 3}, {4, 9}, {11, 15}}),
            (std::vector<Range>{{0, 1}, {1, 2}, {3, 4}}));
}

TEST(Grammar, SumsToAWordAndAveragesFromIt) {
  // Head 0: "the" gives .3 + .3 to the pieces of "strawberries" and .4 to "ripen": only the sum
  // makes "strawberries" the stronger. From "strawberries", ripen gets (.1 + .7)/2, "the" (.3 +
  // .2)/2.
  std::vector<float> maps(36, 0.0f);
  const auto set = [&](int i, int j, float value) { maps[static_cast<size_t>(i * 6 + j)] = value; };
  set(1, 2, .3f), set(1, 3, .3f), set(1, 4, .4f), set(1, 0, .9f);
  set(2, 1, .3f), set(2, 4, .1f), set(3, 1, .2f), set(3, 4, .7f), set(2, 3, .9f);
  set(4, 1, .2f), set(4, 2, .1f), set(4, 5, .9f);
  const auto source = source_of(maps, 1);
  Grammar grammar({0, "", {{3, 0}}});
  grammar.add(*source, {{1, 2, -1}, {"det", "nsubj", "root"}, pieces_of_words(sentence(), kWords)});

  const auto rows = grammar.relations(0);
  ASSERT_EQ(rows.size(), 8u);
  EXPECT_EQ(rows[0].relation, "all");
  EXPECT_NEAR(rows[0].accuracy, 2.0 / 3, 1e-12);  // the root is counted as missed
  EXPECT_NEAR(rows[0].baseline, 2.0 / 3, 1e-12);
  EXPECT_EQ(rows[0].offset, 1);
  // head → dependent: to "the" most comes from "strawberries" (.25 > .2), to "strawberries" most
  // from "the" (.6).
  const double expected[] = {1, 1, 1, 0, 0, 0};
  for (size_t r = 2; r < 8; ++r) EXPECT_EQ(rows[r].accuracy, expected[r - 2]) << rows[r].relation;
  const auto links = grammar.attachment();
  ASSERT_EQ(links.size(), 4u);
  EXPECT_EQ(links[0].strongest, 1.0);
  EXPECT_EQ(links[0].tree, 1.0);
  EXPECT_EQ(links[2].head, -1);
  EXPECT_EQ(links[2].strongest, 1.0);
}

// Word 1 has no token (cut off, or a later part of a contraction): by hand, the links 0→1 and 1→2
// do not count, 2 is the root.
TEST(Grammar, LeavesOutWordsWithoutTokens) {
  std::vector<float> maps(36, 0.1f);
  Grammar grammar({0, "", {{3, 0}}});
  grammar.add(*source_of(maps, 1), {{1, 2, -1}, {"det", "nsubj", "root"}, {{1, 2}, {}, {4, 5}}});
  EXPECT_EQ(grammar.left_out(), 2);
  for (const RelationAccuracy& row : grammar.relations(0)) {
    EXPECT_TRUE(row.relation == "all" || row.relation == "root") << row.relation;
    EXPECT_EQ(row.n, 1) << row.relation;
    EXPECT_EQ(row.baseline, 0) << row.relation;
  }
  EXPECT_EQ(grammar.attachment()[0].n, 0);

  // The same with its governor there: 0→2 counts, 1→2 does not.
  Grammar other({0, "", {{3, 0}}});
  other.add(*source_of(maps, 1), {{2, 2, -1}, {"det", "nsubj", "root"}, {{1, 2}, {}, {4, 5}}});
  const auto rows = other.relations(0);
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[0].n, 2);
  EXPECT_EQ(rows[0].accuracy, 0.5);
  EXPECT_EQ(rows[0].baseline, 0.5);
  EXPECT_EQ(rows[2].relation, "det");
  EXPECT_EQ(rows[2].accuracy, 1);
  EXPECT_EQ(other.attachment()[0].n, 1);
  EXPECT_EQ(other.attachment()[0].strongest, 1);
  EXPECT_EQ(other.attachment()[0].tree, 1);
}

TEST(Grammar, ShardsMergeAndRestoreExactly) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<float> maps(2 * 36);
  Grammar whole({0, "", {{3, 0}, {3, 1}}}), first({0, "", {{3, 0}, {3, 1}}}),
      second({0, "", {{3, 0}, {3, 1}}});
  for (int k = 0; k < 6; ++k) {
    for (float& m : maps) m = uniform(random);
    const DependencyTree tree{{1, 2, -1}, {"det", "nsubj", "root"}, {{1, 2}, {2, 4}, {4, 5}}};
    whole.add(*source_of(maps, 2), tree);
    (k % 2 ? first : second).add(*source_of(maps, 2), tree);
  }
  first.merge(second);
  const auto saved = [](const Grammar& grammar) {
    ArrayWriter out;
    grammar.save(out);
    return out.finish({});
  };
  const std::string bytes = saved(whole);
  EXPECT_EQ(saved(first), bytes);
  Grammar restored({0, "", {{3, 0}, {3, 1}}});
  restored.load(ArrayReader(bytes, "test"));
  EXPECT_EQ(saved(restored), bytes);
  Grammar other({0, "", {{3, 0}}});
  EXPECT_THROW(other.load(ArrayReader(bytes, "test")), Error);
  EXPECT_THROW(other.merge(whole), Error);
}

TEST(Grammar, RefusesWhatIsNoTree) {
  const std::vector<float> maps(36, 0.1f);
  Grammar grammar({0, "", {{3, 0}}});
  const std::vector<Range> pieces = {{1, 2}, {2, 4}, {4, 5}};
  const DependencyTree bad[] = {
      {{1, 2, 0}, {"a", "b", "c"}, pieces},
      {{-1, -1, 0}, {"a", "b", "c"}, pieces},
      {{1, 7, -1}, {"a", "b", "c"}, pieces},
      {{1, 0, -1}, {"a", "b", "c"}, pieces},
      {{1, 2, -1}, {"a", "b"}, pieces},
      {{1, 2, -1}, {"a", "b", "c"}, {{1, 2}, {2, 4}, {4, 9}}},
  };
  for (const DependencyTree& tree : bad) {
    EXPECT_THROW(grammar.add(*source_of(maps, 1), tree), Error);
  }
  EXPECT_EQ(grammar.sentences(), 0);
}

}  // namespace
}  // namespace headscope
