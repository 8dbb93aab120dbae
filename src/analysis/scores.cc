#include "headscope/scores.h"

#include <array>
#include <string>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr std::array<std::string_view, kScoreCount> kNames = {"next",
                                                              "previous",
                                                              "self",
                                                              "same_including_itself",
                                                              "same_elsewhere",
                                                              "same_across",
                                                              "same_across_content",
                                                              "same_across_all",
                                                              "cross_preference",
                                                              "cls",
                                                              "sep",
                                                              "delimiters",
                                                              "punctuation",
                                                              "piece",
                                                              "related",
                                                              "related_across",
                                                              "broad",
                                                              "sentence",
                                                              "predictive",
                                                              "induction",
                                                              "duplicate"};

}  // namespace

std::string_view name_of(Score score) { return kNames[static_cast<size_t>(score)]; }

Score parse_score(std::string_view name) {
  std::string known;
  for (size_t s = 0; s < kNames.size(); ++s) {
    if (kNames[s] == name) return static_cast<Score>(s);
    known += (s ? ", " : "") + std::string(kNames[s]);
  }
  throw Error(ErrorCode::kUsage, "score \"" + std::string(name) + "\"", "one of " + known);
}

}  // namespace headscope
