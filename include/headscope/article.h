// The article that headscope starts from: Jesse Vig, "Deconstructing BERT: Distilling 6 Patterns
// from 100 Million Parameters" (2018), and its sentence pair. What it says, in our words; what the
// heads really do is measured, never stored here.
#pragma once

#include <span>
#include <string_view>

#include "headscope/scores.h"
#include "headscope/tensor.h"

namespace headscope {

inline constexpr std::string_view kArticleModel = "bert-base-uncased";
inline constexpr std::string_view kArticleTextA = "I went to the store.";
inline constexpr std::string_view kArticleTextB = "At the store, I bought fresh strawberries.";

struct ArticlePattern {
  int number;              // 1 to 6, the article's
  std::string_view name;   // "next word"
  HeadId head;             // the head that its figure shows
  int query;               // position of its example word in the pair
  std::string_view claim;  // where the attention of that word goes
  Score score;             // the share that measures the pattern over all words
};
// In the article's order.
std::span<const ArticlePattern> article_patterns();

}  // namespace headscope
