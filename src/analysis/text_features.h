// What the scores need to know of a text: which keys belong to which pattern, for every query.
// Independent of the heads, so computed once a segment.
#pragma once

#include <array>
#include <vector>

#include "headscope/analysis.h"

namespace headscope {

// How a query's attention may be shuffled for the chance level.
enum class ChanceClass {
  kOwnAndOther,  // two classes: own-sentence words except the query, other-sentence words
  kAllWords,
  kAllKeys
};
ChanceClass chance_class(Score score);

// K(i) of one pattern, for the queries that have any: keys of query[q] are
// keys[begin[q] … begin[q+1]).
struct KeySet {
  std::vector<int32_t> query;
  std::vector<int32_t> begin{0};
  std::vector<int32_t> keys;
  std::vector<int32_t> own_hits;  // [q] keys in the query's own sentence (kOwnAndOther)

  void start(int32_t i) { query.push_back(i); }
  void finish() { begin.push_back(static_cast<int32_t>(keys.size())); }
};

// Keys of one query for one score: keys[begin … end) of the score's set.
struct QueryKeys {
  Score score;
  int32_t query;  // index in the set
  int32_t begin, end;
  int32_t own;  // how many lie in the query's own sentence
};

// Numbers of keys of the classes that masses are shuffled in, for one query.
struct ClassSizes {
  double own = 0;  // own-sentence words without the query
  double other = 0, words = 0, all = 0;
};

struct TextFeatures {
  int64_t n = 0;                      // N
  std::vector<uint8_t> word;          // [N] W
  std::vector<uint8_t> content;       // [N]
  std::vector<int32_t> marks;         // positions of "." and ","
  std::vector<int32_t> sentence;      // [N]
  std::vector<Range> visible;         // [N] keys that the mask lets a query see
  std::vector<Range> word_runs;       // maximal ranges of words of one sentence, ascending
  std::vector<int32_t> run_sentence;  // their sentence
  std::vector<int32_t> sep;           // positions of the separators
  int32_t cls = -1;                   // position of the first special token, −1 where none
  int64_t words = 0;                  // |W|
  // Scores that are shares; empty sets otherwise. cross preference: kSameAcrossAll restricted.
  std::array<KeySet, kScoreCount> sets;
  KeySet cross_own;  // O(i) of the cross preference, for the same queries as its X(i)
  // The sets by query: those of query i are by_query[first[i] … first[i+1]).
  std::vector<QueryKeys> by_query;
  std::vector<size_t> first;                  // [N+1]
  std::vector<ClassSizes> sizes;              // [N]
  std::array<double, kScoreCount> uniform{};  // Σ |K(i)| / (visible keys)
};

// Throws Error(kBadInput) when the lists of `text` are inconsistent.
TextFeatures text_features(const TokenSequence& text, const StackInfo& stack,
                           const Embeddings* embeddings, bool probe);

}  // namespace headscope
