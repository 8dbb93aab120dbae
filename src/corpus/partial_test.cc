// Partials of texts with made-up maps: merging in any order and tree, coverage, files.
#include "headscope/partial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>

#include "corpus/fake_runner.h"
#include "format/arrays.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

constexpr int kTexts = 12;

// Text k of the corpus: line k mod 4 of partition k / 4.
SegmentName name_of_text(int k) { return {"part-" + std::to_string(k / 4), k % 4}; }

class PartialTest : public testing::Test {
 protected:
  PartialTest() {
    std::mt19937 random(5);
    for (int k = 0; k < kTexts; ++k) {
      std::string text;
      for (uint32_t w = 0; w < 12 + random() % 8; ++w) {
        text += "word" + std::to_string(random() % 9) + " ";
      }
      texts_.push_back(text);
    }
    record_.max_tokens = 64;
    record_.similarity_rows = 4;
  }

  Partial empty() const { return {runner_.model(), record_, {heads_of(runner_.stacks())}, false}; }
  void add(Partial& to, int k) {
    const std::array tokens{runner_.tokenize(texts_[static_cast<size_t>(k)], "other word1", {})};
    const auto trace = runner_.trace(tokens, {}, {}).at(0);
    to.add(*trace, name_of_text(k));
    to.add_predictive(*trace, predictive_contribution(runner_, tokens[0]), name_of_text(k));
  }
  Partial of(const std::vector<int>& texts) {
    Partial out = empty();
    for (const int k : texts) add(out, k);
    return out;
  }

  FakeRunner runner_;
  CorpusRecord record_;
  std::vector<std::string> texts_;
};

void expect_near(double a, double b, const std::string& what) {
  ASSERT_EQ(std::isnan(a), std::isnan(b)) << what;
  if (!std::isnan(a)) {
    ASSERT_NEAR(a, b, 1e-9 * std::max(1.0, std::abs(b))) << what;
  }
}

void expect_same(const Partial& got, const Partial& whole) {
  const auto a = got.statistics().report({}), b = whole.statistics().report({});
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(got.segments().ranges(), whole.segments().ranges());
  EXPECT_EQ(got.texts().ranges(), whole.texts().ranges());
  EXPECT_EQ(got.statistics().segments(), whole.statistics().segments());
  for (size_t h = 0; h < a.size(); ++h) {
    EXPECT_EQ(a[h].labels, b[h].labels);
    for (size_t s = 0; s < kScoreCount; ++s) {
      const ScoreResult &x = a[h].scores[s], &y = b[h].scores[s];
      const std::string what(name_of(static_cast<Score>(s)));
      expect_near(x.value, y.value, what);
      expect_near(x.chance, y.chance, what);
      expect_near(x.z, y.z, what);
      expect_near(x.se, y.se, what);
      EXPECT_EQ(x.queries, y.queries) << what;
    }
    ASSERT_EQ(a[h].attended.size(), b[h].attended.size());
    for (size_t t = 0; t < a[h].attended.size(); ++t) {
      expect_near(a[h].attended[t].mass, b[h].attended[t].mass, "attended");
    }
    for (const auto& [label, detail] : b[h].details) {
      const LabelDetail& other = a[h].details.at(label);
      ASSERT_EQ(other.examples.size(), detail.examples.size());
      for (size_t x = 0; x < detail.examples.size(); ++x) {
        EXPECT_EQ(other.examples[x].segment, detail.examples[x].segment);
        EXPECT_EQ(other.examples[x].query, detail.examples[x].query);
        EXPECT_EQ(other.examples[x].tokens, detail.examples[x].tokens);
        EXPECT_EQ(other.examples[x].row, detail.examples[x].row);
        ASSERT_NE(other.examples[x].text, nullptr);
        EXPECT_EQ(other.examples[x].text->a, detail.examples[x].text->a);
        EXPECT_EQ(other.examples[x].text->b, detail.examples[x].text->b);
      }
    }
  }
  const auto js = got.statistics().similarity().js, expected = whole.statistics().similarity().js;
  ASSERT_EQ(js.size(), expected.size());
  for (size_t k = 0; k < js.size(); ++k) expect_near(js[k], expected[k], "similarity");
}

TEST_F(PartialTest, MergesInAnyOrderAndTree) {
  std::vector<int> all(kTexts);
  for (int k = 0; k < kTexts; ++k) all[static_cast<size_t>(k)] = k;
  Partial whole = of(all);
  const std::array probe{runner_.tokenize("a b c a b c a b c", std::nullopt, {})};
  whole.set_probe(*runner_.trace(probe, {}, {}).at(0));
  std::mt19937 random(3);
  for (int trial = 0; trial < 6; ++trial) {
    std::shuffle(all.begin(), all.end(), random);
    // Parts of one to three texts, two of them with the probe; merged two at a time, at random.
    std::vector<Partial> parts;
    for (size_t k = 0; k < all.size();) {
      const size_t size = std::min<size_t>(1 + random() % 3, all.size() - k);
      parts.push_back(
          of({all.begin() + static_cast<long>(k), all.begin() + static_cast<long>(k + size)}));
      k += size;
    }
    for (const size_t k : {size_t{0}, parts.size() - 1}) {
      parts[k].set_probe(*runner_.trace(probe, {}, {}).at(0));
    }
    while (parts.size() > 1) {
      const size_t a = random() % parts.size();
      std::swap(parts[a], parts.back());
      Partial last = Partial::parse(parts.back().bytes(), "part");
      parts.pop_back();
      parts[random() % parts.size()].merge(last, "part");
    }
    expect_same(parts[0], whole);
    if (HasFatalFailure()) return;
  }
}

TEST_F(PartialTest, ComesBackFromItsBytesExactly) {
  const Partial partial = of({0, 3, 4, 5, 9});
  const std::string bytes = partial.bytes();
  const Partial read = Partial::parse(bytes, "p");
  EXPECT_EQ(read.bytes(), bytes);
  EXPECT_EQ(read.segments().size(), 5);
  EXPECT_TRUE(read.segments().contains({"part-1", 1}));
  EXPECT_FALSE(read.segments().contains({"part-1", 2}));
  EXPECT_EQ(read.model().fingerprint, "f00d");
  // Named fields: what a file says is found under its name, wherever it lies.
  const ArrayReader arrays(bytes, "p");
  const auto queries = arrays.doubles("score.queries", {6, kScoreCount});
  EXPECT_EQ(queries[static_cast<size_t>(Score::kSelf)],
            static_cast<double>(partial.statistics().word_queries()));
}

// Encoder and cross-attention of one segment: each stack has its arrays, its heads their stack.
TEST_F(PartialTest, KeepsEveryStackUnderItsName) {
  TraceInfo info;
  info.set_sequence("source", plain_sequence(3));
  info.set_sequence("target", plain_sequence(2));
  StackInfo encoder = stack_of_maps({0}, 2), cross = stack_of_maps({0, 1}, 1);
  encoder.name = "encoder";
  encoder.query = encoder.key = cross.key = "source";
  cross.name = "cross";
  cross.query = "target";
  info.stacks = {encoder, cross};
  const auto source =
      make_array_source(info, {Array::from(std::vector<float>(18, 1 / 3.0f), {2, 3, 3}),
                               Array::from({1, 0, 0, 0, 1, 0}, {1, 2, 3}),
                               Array::from({0, 0, 1, 0, 0, 1}, {1, 2, 3})});
  const std::vector<StackHeads> stacks = {heads_of(info.stacks, 0), heads_of(info.stacks, 1)};
  Partial partial(runner_.model(), record_, stacks, false);
  partial.add(*source, {"p", 0});
  const std::string bytes = partial.bytes();
  Partial read = Partial::parse(bytes, "p");
  EXPECT_EQ(read.bytes(), bytes);
  Partial more(runner_.model(), record_, stacks, false);
  more.add(*source, {"p", 1});
  read.merge(more, "more");
  EXPECT_EQ(read.statistics(1).heads(), stacks[1]);
  EXPECT_EQ(read.statistics(1).word_queries(), 4);
  std::vector<std::string> names;
  for (const HeadReport& head :
       CorpusReport{std::make_shared<const Partial>(std::move(read))}.heads()) {
    names.push_back(head.name());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"encoder.L0H0", "encoder.L0H1", "cross.L0H0", "cross.L1H0"}));
  EXPECT_THROW(more.merge(Partial(runner_.model(), record_, {stacks[0]}, false), "one"), Error);
  // Other heads in the second stack: refused before the first is merged.
  StackHeads fewer = stacks[1];
  fewer.heads.pop_back();
  const std::string before = more.bytes();
  Partial odd(runner_.model(), record_, {stacks[0], fewer}, false);
  odd.add(*source, {"p", 2});
  EXPECT_THROW(more.merge(odd, "odd"), Error);
  EXPECT_EQ(more.bytes(), before);
}

TEST_F(PartialTest, RefusesWhatDoesNotBelong) {
  Partial first = of({0, 1, 2});
  const std::string before = first.bytes();
  const auto refused = [&](const Partial& other, const char* part) {
    try {
      first.merge(other, "second");
      ADD_FAILURE() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
    EXPECT_EQ(first.bytes(), before) << part;
  };
  refused(of({5, 2}), "line 2 of partition \"part-0\"");
  CorpusRecord zero = record_;
  zero.settings.zero_segment_ids = true;
  refused({runner_.model(), zero, {heads_of(runner_.stacks())}, false}, "segment_ids");
  ModelInfo model = runner_.model();
  model.fingerprint = "beef";
  refused({model, record_, {heads_of(runner_.stacks())}, false}, "another model");
  refused({runner_.model(), record_, {heads_of(runner_.stacks())}, true}, "grammar");
  try {
    add(first, 1);
    ADD_FAILURE() << "a line was added twice";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("twice"), std::string::npos);
  }
  for (const char* other : {"", "x", "{\"format\":\"headscope-analysis-checkpoint\"}"}) {
    EXPECT_THROW(Partial::parse(other, "p"), Error) << other;
  }
}

TEST_F(PartialTest, DamageIsRefusedOrReadNeverMore) {
  const std::string bytes = of({0, 1}).bytes();
  std::mt19937 random(17);
  int refused = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::string damaged = bytes;
    const size_t within = trial % 2 ? damaged.size() : std::min<size_t>(damaged.size(), 12000);
    for (int k = 0; k < 3; ++k) damaged[random() % within] = static_cast<char>(random());
    if (trial % 5 == 0) damaged.resize(random() % damaged.size());
    try {
      Partial::parse(damaged, "damaged").statistics().report({});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(LineSet, JoinsRangesAndFindsWhatIsCommon) {
  LineSet a, b;
  for (const int64_t line : {5, 3, 4, 9, 0}) a.add({"p", line});
  EXPECT_EQ(a.ranges().at("p"), (std::vector<Range>{{0, 1}, {3, 6}, {9, 10}}));
  EXPECT_EQ(a.size(), 5);
  EXPECT_THROW(a.add({"p", 4}), Error);
  for (const int64_t line : {1, 2, 7}) b.add({"p", line});
  b.add({"q", 4});
  EXPECT_FALSE(a.common(b).has_value());
  a.merge(b);
  EXPECT_EQ(a.ranges().at("p"), (std::vector<Range>{{0, 6}, {7, 8}, {9, 10}}));
  LineSet c;
  c.add({"q", 3});
  c.add({"q", 4});
  ASSERT_TRUE(a.common(c).has_value());
  EXPECT_EQ(*a.common(c), SegmentName("q", 4));
}

// A binomial sample: 100,000 names at a rate of .1 give 10,000 ± 95.
TEST(Sample, IsOfTheNameAlone) {
  int taken = 0, both = 0;
  for (int64_t line = 0; line < 100000; ++line) {
    const SegmentName name("part-" + std::to_string(line % 7), line);
    const bool in = in_sample(name, .1);
    taken += in;
    both += in && in_sample(name, .05);
    EXPECT_FALSE(in_sample(name, 0));
    EXPECT_TRUE(in_sample(name, 1));
    if (!in) {
      EXPECT_FALSE(in_sample(name, .05));  // a smaller sample is a part of a larger one
    }
  }
  EXPECT_NEAR(taken, 10000, 4 * 95);
  EXPECT_NEAR(both, 5000, 4 * 69);
}

}  // namespace
}  // namespace headscope
