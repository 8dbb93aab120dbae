// What the scores need to know of a text: which keys belong to which pattern, for every query.
// Independent of the heads, so computed once a segment and mask. Memory is linear in the number of
// tokens, but for related words (kMostRelated).
#pragma once

#include <array>
#include <vector>

#include "analysis/key_list.h"
#include "headscope/runner.h"
#include "headscope/score_rule.h"
#include "headscope/scores.h"

namespace headscope {

// K(i) of one pattern for one query: the positions [begin, end) of a list without `excluded`, and
// of the other sentence alone where `other_sentence` says so.
struct QueryKeys {
  Score score = Score::kNext;
  bool other_sentence = false;
  int32_t list = 0;  // index in TextFeatures::lists
  int32_t begin = 0, end = 0;
  int32_t excluded = -1;  // a position, −1 = none
  int64_t hits = 0;       // |K(i)|
  int64_t own = 0;        // keys in the query's own sentence; cross preference: |O(i)|
};

// Numbers of keys of the classes that masses are shuffled in, for one query.
struct ClassSizes {
  double own = 0;  // own-sentence words without the query
  double other = 0, words = 0, all = 0;
};

struct TextFeatures {
  // Queries and keys are the same tokens. In cross-attention the keys are another text: the other
  // sentence, as far as scores speak of sentences.
  bool square = true;
  // Of the N queries.
  int64_t n = 0;
  std::vector<uint8_t> word;      // [N] W
  std::vector<uint8_t> content;   // [N]
  std::vector<int32_t> sentence;  // [N]
  std::vector<Range> visible;     // [N] keys that the mask lets a query see
  int64_t words = 0;              // |W|
  // Of the M keys.
  int64_t m = 0;
  std::vector<uint8_t> key_word;      // [M]
  std::vector<int32_t> key_sentence;  // [M]
  std::vector<int32_t> marks;         // positions of "." and ","
  std::vector<Range> word_runs;       // maximal ranges of words of one sentence, ascending
  std::vector<int32_t> run_sentence;  // their sentence
  std::vector<int32_t> sep;           // positions of the separators
  int32_t cls = -1;                   // position of the first special token, −1 where none
  std::vector<KeyList> lists;
  // K(i) of every score that is a share and has a query i: by_query[first[i] … first[i+1]).
  std::vector<QueryKeys> by_query;
  std::vector<size_t> first;                   // [N+1]
  std::vector<ClassSizes> sizes;               // [N]
  std::array<int64_t, kScoreCount> queries{};  // |Q|
  std::array<double, kScoreCount> uniform{};   // Σ |K(i)| / (visible keys)
};

// Pairs of a distinct word and the place of a related one that a text may have: 256 MB.
inline constexpr int64_t kMostRelated = int64_t{1} << 26;

// `keys`: the text of the keys in cross-attention; null = `text`, and no probe. Words are the same
// there where their tokens read the same; related words are found in one text only.
// `probe`: induction and duplicate alone. `causal`: the first token is special, whatever stands
// there (StackInfo::causal()); not in a probe, which has no template. Throws Error(kBadInput) when
// the lists of `text` are inconsistent, or for more than kMostRelated related words.
TextFeatures text_features(const TokenSequence& text, const TokenSequence* keys,
                           const MaskInfo& mask, const Embeddings* embeddings, bool probe,
                           bool causal = false);

}  // namespace headscope
