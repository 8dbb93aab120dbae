#include "analysis/text_features.h"

#include <gtest/gtest.h>

#include <map>

#include "headscope/error.h"

namespace headscope {
namespace {

TokenSequence text_of(const std::vector<std::string>& words, int32_t second_from) {
  TokenSequence t;
  std::map<std::string, int32_t> ids;
  const auto add = [&](const std::string& token, bool special, int32_t sentence, int32_t word) {
    t.tokens.push_back(token);
    t.ids.push_back(ids.try_emplace(token, static_cast<int32_t>(ids.size())).first->second);
    t.special.push_back(special);
    t.sentences.push_back(sentence);
    t.words.push_back(word);
  };
  add("[CLS]", true, 0, -1);
  for (size_t w = 0; w < words.size(); ++w) {
    const auto word = static_cast<int32_t>(w);
    add(words[w], false, word >= second_from, word);
  }
  add("[SEP]", true, 1, -1);
  return t;
}

const QueryKeys* keys_of(const TextFeatures& f, int64_t query, Score score) {
  for (size_t k = f.first[static_cast<size_t>(query)]; k < f.first[static_cast<size_t>(query) + 1];
       ++k) {
    if (f.by_query[k].score == score) return &f.by_query[k];
  }
  return nullptr;
}

// 50,000 equal words: every word is asked for 50,000 keys, but the lists hold each place a few
// times only.
TEST(TextFeatures, ListsGrowWithTheTextNotWithItsSquare) {
  const int64_t words = 50000;
  const TextFeatures f =
      text_features(text_of(std::vector<std::string>(static_cast<size_t>(words), "."), 40000),
                    nullptr, {}, nullptr, false);
  size_t places = 0;
  for (const KeyList& list : f.lists) places += list.positions().size();
  EXPECT_LE(places, size_t{6} * static_cast<size_t>(f.n));
  EXPECT_LE(f.by_query.size(), size_t{20} * static_cast<size_t>(f.n));
  ASSERT_NE(keys_of(f, 1, Score::kSameElsewhere), nullptr);
  EXPECT_EQ(keys_of(f, 1, Score::kSameElsewhere)->hits, words - 1);
  EXPECT_EQ(keys_of(f, 1, Score::kSameElsewhere)->own, 39999);
  EXPECT_EQ(keys_of(f, 1, Score::kSameAcrossAll)->hits, 10000);
  EXPECT_EQ(keys_of(f, 1, Score::kCrossPreference)->own, 39999);
  EXPECT_EQ(keys_of(f, 1, Score::kPunctuation)->hits, words - 1);
  EXPECT_EQ(keys_of(f, 1, Score::kDelimiters)->hits, 2);
}

// A causal query sees no key behind it, in no set.
TEST(TextFeatures, CountsOnlyKeysThatTheMaskShows) {
  MaskInfo causal;
  causal.kind = MaskKind::kCausal;
  //                               1    2    3    4    5    6
  const TextFeatures f =
      text_features(text_of({"a", "b", "a", "a", "b", "a"}, 3), nullptr, causal, nullptr, false);
  EXPECT_EQ(keys_of(f, 1, Score::kSameElsewhere), nullptr);
  EXPECT_EQ(keys_of(f, 3, Score::kSameElsewhere)->hits, 1);
  EXPECT_EQ(keys_of(f, 4, Score::kSameAcrossAll)->hits, 2);
  EXPECT_EQ(keys_of(f, 4, Score::kCrossPreference), nullptr);  // the other of its sentence is later
  EXPECT_EQ(keys_of(f, 6, Score::kCrossPreference)->hits, 2);
  EXPECT_EQ(keys_of(f, 6, Score::kCrossPreference)->own, 1);
  EXPECT_EQ(keys_of(f, 2, Score::kNext), nullptr);
  EXPECT_EQ(keys_of(f, 2, Score::kPrevious)->hits, 1);
  EXPECT_EQ(f.sizes[4].own, 0);
  EXPECT_EQ(f.sizes[4].other, 3);
}

// All embeddings alike: every content word is related to every other.
class Alike : public Embeddings {
 public:
  int64_t width() const override { return 1; }
  void centred(int32_t, float* out) const override { *out = 1; }
};

TEST(TextFeatures, RefusesMoreRelatedWordsThanMemoryHolds) {
  // Places are copied a word at a time: few words that come often are many places in little time.
  std::vector<std::string> words;
  for (int k = 0; k < 80000; ++k) {
    std::string word = "w";
    for (int digits = k % 1000; digits > 0; digits /= 26) {
      word += static_cast<char>('a' + digits % 26);
    }
    words.push_back(word + "x");
  }
  try {
    text_features(text_of(words, 80000), nullptr, {}, std::make_unique<Alike>().get(), false);
    ADD_FAILURE() << "80 million places were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("pairs of a word"), std::string::npos) << error.what();
  }
  words.resize(300);
  const TextFeatures f =
      text_features(text_of(words, 100), nullptr, {}, std::make_unique<Alike>().get(), false);
  EXPECT_EQ(keys_of(f, 1, Score::kRelated)->hits, 299);
  EXPECT_EQ(keys_of(f, 1, Score::kRelatedAcross)->hits, 200);
}

}  // namespace
}  // namespace headscope
