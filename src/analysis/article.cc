#include "headscope/article.h"

namespace headscope {

std::span<const ArticlePattern> article_patterns() {
  static constexpr ArticlePattern kPatterns[] = {
      {1, "next word", {2, 0}, 1, "nearly all on the next token, “went”", Score::kNext},
      {2,
       "previous word",
       {6, 11},
       2,
       "much on the previous token, “i”; some on [SEP]",
       Score::kPrevious},
      {3,
       "identical or related words",
       {2, 6},
       5,
       "most on itself and on the other “store”",
       Score::kSameIncluding},
      {4,
       "… in the other sentence",
       {10, 10},
       10,
       "most on the “store” of the first sentence",
       Score::kSameAcrossAll},
      {5,
       "predictive of the word",
       {2, 1},
       16,
       "on “straw”, not on itself; much else on [CLS]",
       Score::kPredictive},
      {6, "delimiter tokens", {6, 4}, 5, "most on the two [SEP]", Score::kSep},
  };
  return kPatterns;
}

}  // namespace headscope
