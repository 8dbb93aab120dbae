// The 104 most frequent words of English running text as the vocabulary of bert-base-uncased orders
// them (its ids 1996 to 2099). One list for every vocabulary.
#include "analysis/words.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_set>

namespace headscope {
namespace {

constexpr std::string_view kFrequent[] = {
    "the",    "of",     "and",   "in",    "to",      "was",   "he",     "is",      "as",    "for",
    "on",     "with",   "that",  "it",    "his",     "by",    "at",     "from",    "her",   "##s",
    "she",    "you",    "had",   "an",    "were",    "but",   "be",     "this",    "are",   "not",
    "my",     "they",   "one",   "which", "or",      "have",  "him",    "me",      "first", "all",
    "also",   "their",  "has",   "up",    "who",     "out",   "been",   "when",    "after", "there",
    "into",   "new",    "two",   "its",   "##a",     "time",  "would",  "no",      "what",  "about",
    "said",   "we",     "over",  "then",  "other",   "so",    "more",   "##e",     "can",   "if",
    "like",   "back",   "them",  "only",  "some",    "could", "##i",    "where",   "just",  "##ing",
    "during", "before", "##n",   "do",    "##o",     "made",  "school", "through", "than",  "now",
    "years",  "most",   "world", "may",   "between", "down",  "well",   "three",   "##d",   "year",
    "while",  "will",   "##ed",  "##r",
};

// Word-start marks of other vocabularies: "Ġ" (byte-level BPE) and "▁" (SentencePiece).
constexpr std::string_view kMarks[] = {"\xC4\xA0", "\xE2\x96\x81"};

}  // namespace

std::string_view bare_token(std::string_view token) {
  for (std::string_view mark : kMarks) {
    if (token.substr(0, mark.size()) == mark) return token.substr(mark.size());
  }
  return token;
}

bool is_continuation(std::string_view token) {
  return token.size() > 2 && token.substr(0, 2) == "##";
}

bool is_content_word(std::string_view token) {
  if (is_continuation(token)) return true;
  std::string word(bare_token(token));
  // Single characters stand before the words in the frequency order of the reference vocabulary.
  const auto characters = std::count_if(word.begin(), word.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  });
  if (characters < 2) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    if (byte < 0x80 && !std::isalpha(byte)) return false;
    // Signs of Latin-1 ("°", "²", "×") are no letters, but "ª", "µ" and "º" are.
    if (byte == 0xC2 && i + 1 < word.size()) {
      const auto second = static_cast<unsigned char>(word[i + 1]);
      if (second != 0xAA && second != 0xB5 && second != 0xBA) return false;
    }
    // General punctuation, CJK punctuation and full-width ASCII punctuation are no letters.
    if (byte == 0xE2 && i + 1 < word.size()) {
      const auto second = static_cast<unsigned char>(word[i + 1]);
      if (second >= 0x80 && second <= 0xAF) return false;
    }
    if (byte == 0xE3 && i + 1 < word.size() && static_cast<unsigned char>(word[i + 1]) == 0x80) {
      return false;
    }
    if (byte < 0x80) word[i] = static_cast<char>(std::tolower(byte));
  }
  static const std::unordered_set<std::string_view> frequent(std::begin(kFrequent),
                                                             std::end(kFrequent));
  return !frequent.contains(word);
}

bool is_punctuation(std::string_view token) {
  const std::string_view bare = bare_token(token);
  return bare == "." || bare == ",";
}

}  // namespace headscope
