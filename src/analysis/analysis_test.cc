// The article's sentence pair on maps computed by the reference implementation, and invariants on
// maps made here. Expected values: a NumPy implementation of the definitions (docs/patterns.md).
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>

#include "base/parallel.h"
#include "format/arrays.h"
#include "headscope/error.h"
#include "headscope/statistics.h"
#include "headscope/tile.h"
#include "test_paths.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

struct Pair {
  std::vector<float> maps;  // [12, 12, 19, 19]
  std::unique_ptr<AttentionSource> source;
};

TraceInfo article_info() {
  TraceInfo info;
  TokenSequence t;
  t.tokens = {"[CLS]", "i", "went", "to",     "the",   "store", ".",         "[SEP]", "at",   "the",
              "store", ",", "i",    "bought", "fresh", "straw", "##berries", ".",     "[SEP]"};
  t.ids = {101,  1045, 2253, 2000, 1996, 3573,  1012,  102,  2012, 1996,
           3573, 1010, 1045, 4149, 4840, 13137, 20968, 1012, 102};
  t.words = {-1, 0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11, 12, 13, 13, 14, -1};
  for (int i = 0; i < 19; ++i) {
    t.special.push_back(i == 0 || i == 7 || i == 18);
    t.segment_ids.push_back(i > 7);
  }
  t.sentences = t.segment_ids;
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 12)};
  return info;
}

const Pair& article() {
  static const Pair pair = [] {
    Pair p;
    const std::string path =
        source_dir() + "/tests/golden/analysis/article-pair-attention.safetensors";
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    p.maps.resize(12 * 12 * 19 * 19);
    EXPECT_GT(bytes.size(), p.maps.size() * 4) << path;
    std::memcpy(p.maps.data(), bytes.data() + (bytes.size() - p.maps.size() * 4),
                p.maps.size() * 4);
    std::vector<Array> layers;
    for (int64_t l = 0; l < 12; ++l) {
      layers.push_back(
          Array::borrow(DType::kF32, {12, 19, 19}, p.maps.data() + l * 12 * 361, nullptr));
    }
    p.source = make_array_source(article_info(), layers);
    return p;
  }();
  return pair;
}

// The heads of a source as of a single text, without pattern 5.
std::vector<HeadReport> report_of(const AttentionSource& source) {
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  Statistics statistics(heads_of(source.info().stacks), options);
  statistics.add(source, 0);
  return statistics.report({});
}

struct Expected {
  const char* head;
  Score score;
  double value;
  double chance = kUndefined, lift = kUndefined, z = kUndefined;
};

TEST(ArticlePair, ScoresAreThoseOfTheReference) {
  const std::vector<HeadReport> heads = report_of(*article().source);
  const Expected rows[] = {
      {"L2H0", Score::kNext, .9998, .1428, 7.00, 9.23},
      {"L6H11", Score::kPrevious, .4956, kUndefined, 6.51, 8.09},
      {"L2H6", Score::kSameIncluding, .5420, .0844, 6.42},
      {"L2H6", Score::kSameElsewhere, .3283},
      {"L2H6", Score::kSelf, .2923},
      {"L10H10", Score::kSameAcross, .4322, kUndefined, 4.66},
      {"L10H10", Score::kSameAcrossAll, .4322},
      {"L10H10", Score::kSameAcrossContent, .7607},
      {"L2H1", Score::kPiece, .8774},
      {"L6H4", Score::kSep, .7290},
      {"L7H3", Score::kSep, .9107},
      {"L1H6", Score::kCls, .9033},
      {"L10H5", Score::kPunctuation, .5163},
      {"L0H0", Score::kBroad, .8048},
      {"L0H0", Score::kSentence, .7464},
  };
  for (const Expected& row : rows) {
    const HeadId id = parse_head_id(row.head);
    const ScoreResult& got =
        heads[static_cast<size_t>(id.layer * 12 + id.head)].scores[static_cast<size_t>(row.score)];
    SCOPED_TRACE(std::string(row.head) + " " + std::string(name_of(row.score)));
    EXPECT_NEAR(got.value, row.value, .002);
    if (row.chance == row.chance) {
      EXPECT_NEAR(got.chance, row.chance, .002);
    }
    if (row.lift == row.lift) {
      EXPECT_NEAR(got.lift, row.lift, .01);
    }
    if (row.z == row.z) {
      EXPECT_NEAR(got.z, row.z, .01);
    }
  }
}

TEST(ArticlePair, LabelsCarryEvidence) {
  const std::vector<HeadReport> heads = report_of(*article().source);
  const auto head = [&](int l, int h) -> const HeadReport& {
    return heads[static_cast<size_t>(l * 12 + h)];
  };
  const auto has = [](const HeadReport& r, const char* name) {
    return std::find(r.labels.begin(), r.labels.end(), name) != r.labels.end();
  };
  ASSERT_TRUE(has(head(2, 0), "next"));
  // 16 words, of which the last one of each sentence has no next one.
  EXPECT_EQ(head(2, 0).details.at("next").of, 14);
  EXPECT_EQ(head(2, 0).details.at("next").obey, 14);
  EXPECT_EQ(head(2, 0).details.at("next").examples.size(), 5u);
  ASSERT_TRUE(has(head(6, 11), "previous"));
  // The article pair's own warning: "store" (5) does not look back.
  const auto& exceptions = head(6, 11).details.at("previous").exceptions;
  ASSERT_FALSE(exceptions.empty());
  EXPECT_EQ(exceptions.front().query % 5, 0) << exceptions.front().query;
  EXPECT_NEAR(exceptions.front().share, .02, .01);
  ASSERT_TRUE(has(head(2, 6), "same-word"));
  ASSERT_TRUE(has(head(10, 10), "other-sentence"));
  // No word occurs twice in one sentence here: φ is undefined.
  EXPECT_TRUE(head(10, 10).details.at("other-sentence").undecided);
  EXPECT_TRUE(has(head(6, 4), "sep"));
  EXPECT_TRUE(has(head(1, 6), "cls"));
}

// Two identical keys for everything: uniform attention has every share equal to its chance.
std::unique_ptr<AttentionSource> uniform_source() {
  TraceInfo info = article_info();
  info.stacks = {stack_of_maps({0}, 1)};
  return make_array_source(info, {Array::from(std::vector<float>(361, 1.0f / 19), {1, 19, 19})});
}

TEST(ReadingNotes, SegmentIdsAreToldOfModelsThatReadThem) {
  const auto& source = *article().source;
  StatisticsOptions options;
  options.single_text = true;
  Statistics statistics(heads_of(source.info().stacks), options);
  statistics.add(source, 0);
  const auto told = [&](const char* family, bool zeros) {
    std::string all;
    for (const auto& note : reading_notes(statistics, statistics.report({}), family, zeros)) {
      all += note;
    }
    return all;
  };
  EXPECT_NE(told("bert", false).find("True segment ids were fed"), std::string::npos);
  EXPECT_NE(told("albert", true).find("Segment ids were all zero"), std::string::npos);
  // These have no such embedding: huggingface.co/docs/transformers, DistilBERT and RoBERTa,
  // "doesn't have token_type_ids".
  for (const char* family : {"distilbert", "roberta", "vit", ""}) {
    EXPECT_EQ(told(family, false).find("egment ids"), std::string::npos) << family;
  }
}

TEST(Statistics, UniformAttentionHasLiftOneAndNoShareLabel) {
  const auto source = uniform_source();
  const std::vector<HeadReport> heads = report_of(*source);
  for (Score score : {Score::kNext, Score::kPrevious, Score::kSelf, Score::kSameIncluding,
                      Score::kCls, Score::kSep, Score::kPunctuation, Score::kPiece}) {
    const ScoreResult& r = heads[0].scores[static_cast<size_t>(score)];
    EXPECT_NEAR(r.lift, 1, 1e-5) << name_of(score);
    EXPECT_NEAR(r.value, r.uniform, 1e-5) << name_of(score);
  }
  EXPECT_EQ(heads[0].labels, std::vector<std::string>{"broad"});
}

std::string saved(const Statistics& s) {
  ArrayWriter out;
  s.save(out);
  return out.finish({});
}
void load(Statistics& s, const std::string& bytes) { s.load(ArrayReader(bytes, "sums")); }

TEST(Statistics, ShardsAndThreadsGiveTheSameNumbers) {
  const StackHeads stack = heads_of(article().source->info().stacks);
  const StatisticsOptions options;
  Statistics whole(stack, options), even(stack, options), odd(stack, options);
  for (int k = 0; k < 6; ++k) {
    whole.add(*article().source, k);
    (k % 2 ? odd : even).add(*article().source, k);
  }
  // Out of order, and through the stored form.
  Statistics merged(stack, options);
  load(merged, saved(odd));
  EXPECT_EQ(saved(merged), saved(odd));
  merged.merge(even);
  const auto a = whole.report({}), b = merged.report({});
  for (size_t h = 0; h < a.size(); ++h) {
    for (size_t s = 0; s < kScoreCount; ++s) {
      if (a[h].scores[s].value == a[h].scores[s].value) {
        ASSERT_NEAR(a[h].scores[s].value, b[h].scores[s].value, 1e-9);
      }
    }
    ASSERT_EQ(a[h].labels, b[h].labels);
    for (const auto& [name, detail] : a[h].details) {
      const auto& other = b[h].details.at(name);
      ASSERT_EQ(detail.examples.size(), other.examples.size());
      for (size_t x = 0; x < detail.examples.size(); ++x) {
        ASSERT_EQ(detail.examples[x].segment, other.examples[x].segment);
        ASSERT_EQ(detail.examples[x].query, other.examples[x].query);
      }
    }
  }
  set_max_threads(1);
  Statistics one(stack, options);
  for (int k = 0; k < 6; ++k) one.add(*article().source, k);
  set_max_threads(0);
  EXPECT_EQ(saved(whole), saved(one));
  StackHeads fewer = stack;
  fewer.heads.pop_back();
  Statistics other(fewer, options);
  EXPECT_THROW(load(other, saved(whole)), Error);
}

// A checkpoint that was damaged is refused or, where the damage makes other valid sums, read.
TEST(Statistics, DamagedSumsNeverCrash) {
  const StackHeads stack = heads_of(article().source->info().stacks);
  Statistics whole(stack, {});
  whole.add(*article().source, 0);
  const std::string sums = saved(whole);
  std::mt19937 random(11);
  int refused = 0;
  for (int trial = 0; trial < 60; ++trial) {
    std::string damaged = sums;
    // Half of the damage goes where small arrays and the header are.
    for (int k = 0; k < 3; ++k) {
      const size_t within = k % 2 ? damaged.size() : std::min<size_t>(damaged.size(), 40000);
      damaged[random() % within] = static_cast<char>(random());
    }
    if (trial % 3 == 0) damaged.resize(random() % damaged.size());
    Statistics other(stack, {});
    try {
      load(other, damaged);
      other.report({});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

TEST(Statistics, DivergenceOfAHeadFromItselfIsZeroAndBounded) {
  const StackHeads stack = heads_of(article().source->info().stacks);
  StatisticsOptions options;
  options.single_text = true;
  Statistics s(stack, options);
  s.add(*article().source, 0);
  const auto similarity = s.similarity();
  ASSERT_EQ(similarity.heads.size(), 144u);
  for (double js : similarity.js) {
    ASSERT_GE(js, 0);
    ASSERT_LE(js, std::log(2) + 1e-6);
  }
  // Independent of the sums: the definition on one pair of rows in double precision.
  const auto& maps = article().maps;
  double expected = 0;
  const auto log_term = [](double x) { return x > 0 ? x * std::log(x) : 0.0; };
  for (int k = 0; k < 361; ++k) {
    const double p = maps[24 * 361 + k], q = maps[30 * 361 + k];
    expected += (log_term(p) + log_term(q)) / 2 - log_term((p + q) / 2);
  }
  EXPECT_NEAR(similarity.js[24 * 144 + 30], expected / 19, 1e-5);
}

// C⁺ on one neighbour only: a head that looks there always has X = 1 − its twin's part.
TEST(Predictive, RewardsLookingBeyondFixedDistances) {
  TraceInfo info;
  TokenSequence t;
  t.tokens = {"a", "b", "c", "d"};
  t.ids = {1, 2, 3, 4};
  t.special.assign(4, 0);
  t.segment_ids.assign(4, 0);
  info.set_sequence("text", t);
  const StackInfo stack = stack_of_maps({0}, 1);
  info.stacks = {stack};
  // Looks at +1 from a, nowhere useful from the others.
  std::vector<float> map = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  const auto source = make_array_source(info, {Array::from(map, {1, 4, 4})});
  std::vector<double> c(16, kUndefined);
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      if (i != j) c[i * 4 + j] = -1;
    }
  }
  c[0 * 4 + 1] = 2;
  StatisticsOptions options;
  Statistics s(heads_of(info.stacks), options);
  s.add(*source, 0);
  s.add_predictive(*source, c, 0);
  // Σ A C⁺ = 2; the twin gives offset +1 the mean 1/3, so X = (2 − 2/3)/2.
  EXPECT_NEAR(s.report({})[0].scores[static_cast<size_t>(Score::kPredictive)].value, 2.0 / 3, 1e-9);
}

// Tiles and statistics agree on what is special: the first token of a causal stack, whatever stands
// there. Of four words three ask; all of their attention on it is [CLS]'s share.
TEST(Statistics, TheFirstTokenOfACausalStackIsSpecial) {
  TraceInfo info;
  info.set_sequence("text", plain_sequence(4));
  StackInfo stack = stack_of_maps({0}, 1);
  stack.layers[0].rule.mask.kind = MaskKind::kCausal;
  info.stacks = {stack};
  const std::vector<float> map = {1, 0, 0, 0, .5f, .5f, 0, 0, .25f, .5f, .25f, 0, .75f, 0, 0, .25f};
  const auto source = make_array_source(info, {Array::from(map, {1, 4, 4})});
  StatisticsOptions options;
  options.single_text = true;
  Statistics s(heads_of(info.stacks), options);
  s.add(*source, 0);
  EXPECT_EQ(s.word_queries(), 3);
  // (1/2 + 1/4 + 3/4) / 3 by the definition of docs/patterns.md.
  EXPECT_NEAR(s.report({})[0].scores[static_cast<size_t>(Score::kCls)].value, 0.5, 1e-6);
  const TileAxes axes = tile_axes(info, 0, {.special = SpecialMode::kHide});
  EXPECT_EQ(axes.rows.size(), 3u);
  EXPECT_EQ(axes.rows.front(), (Range{1, 2}));
}

// Cross-attention: three queries look at four keys of another text, <s> cat . </s>. By the
// definitions of docs/patterns.md: [CLS] is the key <s>, [SEP] the key </s>, the same word is the
// key that reads like the query; what speaks of places in one text is undefined.
TEST(Statistics, CrossAttentionHasTheScoresOfTwoTexts) {
  TokenSequence target = plain_sequence(3), source_text = plain_sequence(4);
  target.tokens = {"the", "cat", "."};
  source_text.tokens = {"<s>", "cat", ".", "</s>"};
  source_text.special = {1, 0, 0, 1};
  TraceInfo info;
  info.set_sequence("target", target);
  info.set_sequence("source", source_text);
  StackInfo self = stack_of_maps({0}, 1), cross = self;
  self.name = "decoder";
  self.query = self.key = cross.query = "target";
  cross.name = "cross";
  cross.key = "source";
  info.stacks = {self, cross};
  const std::vector<float> own(9, 1 / 3.0f);
  const std::vector<float> map = {.25f, .25f, .25f, .25f, 0, .5f, 0, .5f, .5f, .125f, .25f, .125f};
  const auto source =
      make_array_source(info, {Array::from(own, {1, 3, 3}), Array::from(map, {1, 3, 4})});
  StatisticsOptions options;
  options.single_text = true;
  Statistics s(heads_of(info.stacks, 1), options);
  s.add(*source, 0);
  const HeadReport head = s.report({}).at(0);
  EXPECT_EQ(head.name(), "cross.L0H0");
  const auto value = [&](Score score) { return head.scores[static_cast<size_t>(score)].value; };
  EXPECT_NEAR(value(Score::kCls), (.25 + 0 + .5) / 3, 1e-6);
  EXPECT_NEAR(value(Score::kSep), (.25 + .5 + .125) / 3, 1e-6);
  EXPECT_NEAR(value(Score::kDelimiters), (.5 + .5 + .625) / 3, 1e-6);
  EXPECT_NEAR(value(Score::kPunctuation), (.25 + 0 + .25) / 3, 1e-6);
  EXPECT_NEAR(value(Score::kSameAcrossAll), (.5 + .25) / 2, 1e-6);  // cat and "."
  EXPECT_EQ(head.scores[static_cast<size_t>(Score::kSameAcrossAll)].queries, 2);
  // Masses of the words, mean of a key: (.5 + .5·½ + …)/2 by hand for the two queries.
  EXPECT_NEAR(head.scores[static_cast<size_t>(Score::kSameAcrossAll)].chance,
              (.5 / 2 + .375 / 2) / 2, 1e-6);
  for (const Score none : {Score::kNext, Score::kPrevious, Score::kSelf, Score::kSameIncluding,
                           Score::kSameElsewhere, Score::kPiece, Score::kSentence}) {
    EXPECT_TRUE(std::isnan(value(none))) << name_of(none);
  }
  EXPECT_TRUE(std::isnan(head.distance));
  EXPECT_TRUE(std::isnan(head.offsets[0]));
  EXPECT_EQ(head.attended.at(0).token, "</s>");  // .25 + .5 + .125, as much as cat: by name
  EXPECT_EQ(head.attended.at(1).token, "cat");
  EXPECT_NEAR(head.attended.at(1).mass, .875 / 3, 1e-6);
}

TEST(Thresholds, AreDataAndRefuseUnknownNames) {
  EXPECT_EQ(Thresholds::parse("{\"next\": 0.3}", "t.json").at("next"), 0.3);
  EXPECT_EQ(Thresholds().at("next"), 0.45);
  for (const char* bad : {"", "[]", "{\"nex\": 0.3}", "{\"next\": \"a\"}"}) {
    try {
      Thresholds::parse(bad, "t.json");
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    }
  }
}

}  // namespace
}  // namespace headscope
