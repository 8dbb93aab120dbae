// One row a score: everything that other code must know of it except its keys (text_features.cc).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "headscope/scores.h"

namespace headscope {

enum class ScoreKind {
  kShare,    // of a query's attention, the part on K(i): has chance, lift, z
  kRatio,    // cross preference: expected and variance hold Σ|X| and Σ(|X| + |O|)
  kMeasure,  // no share: chance, lift and z are undefined
};

// How a query's attention may be shuffled for the chance level.
enum class ChanceClass {
  kOwnAndOther,  // two classes: own-sentence words except the query, other-sentence words
  kAllWords,
  kAllKeys  // the keys are special tokens: there is no words-only share either
};

struct ScoreInfo {
  Score score;
  std::string_view name;  // in JSON and CSV
  ScoreKind kind = ScoreKind::kShare;
  ChanceClass chance = ChanceClass::kOwnAndOther;
  bool evidence = false;  // examples and exceptions are kept
  double low = 0;         // the histogram spans [low, 1]
};

inline constexpr std::array<ScoreInfo, kScoreCount> kScoreTable = {{
    {Score::kNext, "next", ScoreKind::kShare, ChanceClass::kOwnAndOther, true},
    {Score::kPrevious, "previous", ScoreKind::kShare, ChanceClass::kOwnAndOther, true},
    {Score::kSelf, "self", ScoreKind::kShare, ChanceClass::kAllWords, true},
    {Score::kSameIncluding, "same_including_itself", ScoreKind::kShare, ChanceClass::kAllWords,
     true},
    {Score::kSameElsewhere, "same_elsewhere"},
    {Score::kSameAcross, "same_across"},
    {Score::kSameAcrossContent, "same_across_content", ScoreKind::kShare, ChanceClass::kOwnAndOther,
     true},
    {Score::kSameAcrossAll, "same_across_all", ScoreKind::kShare, ChanceClass::kOwnAndOther, true},
    {Score::kCrossPreference, "cross_preference", ScoreKind::kRatio},
    {Score::kCls, "cls", ScoreKind::kShare, ChanceClass::kAllKeys, true},
    {Score::kSep, "sep", ScoreKind::kShare, ChanceClass::kAllKeys, true},
    {Score::kDelimiters, "delimiters", ScoreKind::kShare, ChanceClass::kAllKeys, true},
    {Score::kPunctuation, "punctuation", ScoreKind::kShare, ChanceClass::kOwnAndOther, true},
    {Score::kPiece, "piece"},
    {Score::kRelated, "related"},
    {Score::kRelatedAcross, "related_across"},
    {Score::kBroad, "broad", ScoreKind::kMeasure},
    {Score::kSentence, "sentence", ScoreKind::kMeasure},
    {Score::kPredictive, "predictive", ScoreKind::kMeasure, ChanceClass::kOwnAndOther, true, -1},
    {Score::kInduction, "induction"},
    {Score::kDuplicate, "duplicate"},
}};
static_assert([] {
  for (size_t s = 0; s < kScoreTable.size(); ++s) {
    if (kScoreTable[s].score != static_cast<Score>(s) || kScoreTable[s].name.empty()) return false;
  }
  return true;
}());

constexpr const ScoreInfo& info_of(Score score) { return kScoreTable[static_cast<size_t>(score)]; }

// Of the scores that keep evidence: how many, and the place of one among them (their number where
// it keeps none).
inline constexpr size_t kEvidenceCount = [] {
  size_t count = 0;
  for (const ScoreInfo& row : kScoreTable) count += row.evidence;
  return count;
}();
constexpr size_t evidence_index(Score score) {
  if (!info_of(score).evidence) return kEvidenceCount;
  size_t before = 0;
  for (size_t s = 0; s < static_cast<size_t>(score); ++s) before += kScoreTable[s].evidence;
  return before;
}
// The inverse: the scores that keep evidence, by place.
inline constexpr std::array<Score, kEvidenceCount> kEvidenceScores = [] {
  std::array<Score, kEvidenceCount> scores{};
  size_t next = 0;
  for (const ScoreInfo& row : kScoreTable) {
    if (row.evidence) scores[next++] = row.score;
  }
  return scores;
}();

}  // namespace headscope
