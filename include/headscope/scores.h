// The scores of a head, by name. docs/patterns.md defines them.
#pragma once

#include <limits>
#include <string_view>

namespace headscope {

// Scores of a head. All but cross_preference, broad, sentence and predictive are shares: "of a
// query's attention, the part that goes to …", in [0, 1].
enum class Score {
  kNext,
  kPrevious,
  kSelf,
  kSameIncluding,      // another occurrence of the query's token, or the query itself
  kSameElsewhere,      // another occurrence
  kSameAcross,         // another occurrence in the other sentence; content queries if ≥ 3
  kSameAcrossContent,  // its two parts
  kSameAcrossAll,
  kCrossPreference,  // of the attention on other occurrences, the part in the other sentence
  kCls,
  kSep,
  kDelimiters,
  kPunctuation,
  kPiece,
  kRelated,  // content words whose centred embeddings have a cosine > .4
  kRelatedAcross,
  kBroad,       // entropy / ln N
  kSentence,    // mass on the own sentence × evenness in it
  kPredictive,  // pattern 5, in (−∞, 1]
  kInduction,   // on a repeated random text: the token after another occurrence
  kDuplicate    // … another occurrence
};
inline constexpr int kScoreCount = 21;
std::string_view name_of(Score score);  // as in JSON: "same_including_itself"
// Throws Error(kUsage) naming the known scores.
Score parse_score(std::string_view name);

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace headscope
