#include "corpus/conllu.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr size_t kColumns = 10;
enum Column { kId, kForm, kHead = 6, kRelation = 7, kMisc = 9 };

[[noreturn]] void refuse(const std::string& place, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, place + ": " + got, expected, "Mend the CoNLL-U file");
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = line.find(separator, begin);
    parts.push_back(line.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

// −1 where `text` is no whole number.
int64_t whole(std::string_view text) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? value : -1;
}

bool space_after(const std::string& misc) {
  const auto fields = split(misc, '|');
  return std::find(fields.begin(), fields.end(), "SpaceAfter=No") == fields.end();
}

}  // namespace

void ConlluSentence::add(const std::string& line, const std::string& place) {
  const auto columns = split(line, '\t');
  if (columns.size() != kColumns) {
    refuse(place, std::to_string(columns.size()) + " columns", "10, separated by tabs");
  }
  if (columns[kId].find('.') != std::string::npos) return;
  if (columns[kForm].empty()) refuse(place, "a word without a form", "FORM in column 2");
  if (columns[kId].find('-') != std::string::npos) {
    add_multiword(columns, place);
  } else {
    add_word(columns, place);
  }
}

void ConlluSentence::add_word(const std::vector<std::string>& columns, const std::string& place) {
  const auto expected = static_cast<int64_t>(words_.size()) + 1;
  if (whole(columns[kId]) != expected) {
    refuse(place, "ID \"" + columns[kId] + "\"", std::to_string(expected));
  }
  const bool annotated = columns[kHead] != "_";
  const int64_t head = annotated ? whole(columns[kHead]) : kNoHead;
  if (annotated && (head < 0 || head == expected)) {
    refuse(place, "HEAD \"" + columns[kHead] + "\"", "0 or the ID of another word");
  }
  if (annotated && (columns[kRelation].empty() || columns[kRelation] == "_")) {
    refuse(place, "no relation", "DEPREL in column 8");
  }
  words_.push_back({columns[kForm], columns[kRelation], place, head});
  if (words_.size() <= covered_) return;
  surfaces_.push_back(
      {columns[kForm], words_.size() - 1, words_.size() - 1, space_after(columns[kMisc])});
}

void ConlluSentence::add_multiword(const std::vector<std::string>& columns,
                                   const std::string& place) {
  const auto ends = split(columns[kId], '-');
  const auto next = static_cast<int64_t>(words_.size()) + 1;
  const int64_t first = whole(ends[0]), last = ends.size() == 2 ? whole(ends[1]) : -1;
  // No word has more than a few parts; a wild number must not become a length.
  constexpr int64_t kParts = 100;
  if (first != next || last < first || last > first + kParts || words_.size() < covered_) {
    refuse(place, "ID \"" + columns[kId] + "\"",
           "a range that begins with " + std::to_string(next));
  }
  covered_ = static_cast<size_t>(last);
  surfaces_.push_back({columns[kForm], static_cast<size_t>(first) - 1,
                       static_cast<size_t>(last) - 1, space_after(columns[kMisc])});
}

// A lone "_" is a word; where all that could be words are "_", they are withheld.
void ConlluSentence::check_words() const {
  if (words_.size() < covered_)
    refuse(place_, "a multiword token without its words", "all of them");
  const auto is_punctuation = [](unsigned char c) { return c < 0x80 && std::ispunct(c); };
  int64_t withheld = 0;
  for (const Word& word : words_) {
    if (!std::all_of(word.form.begin(), word.form.end(), is_punctuation)) return;
    withheld += word.form == "_";
  }
  if (withheld >= 2) {
    throw Error(ErrorCode::kBadInput, place_ + ": every FORM is \"_\", so the words are withheld",
                "a treebank with its words",
                "Merge the words in first, as the treebank's README says");
  }
}

bool ConlluSentence::has_heads() const {
  const auto lacks = [](const Word& word) { return word.head == kNoHead; };
  const auto found = std::find_if(words_.begin(), words_.end(), lacks);
  if (found == words_.end()) return true;
  if (std::all_of(words_.begin(), words_.end(), lacks)) return false;
  refuse(found->place, "HEAD \"_\"", "a HEAD for every word of the sentence, or for none");
}

void ConlluSentence::check_tree() const {
  const auto count = static_cast<int64_t>(words_.size());
  int64_t roots = 0;
  for (const Word& word : words_) {
    roots += word.head == 0;
    if (word.head > count) {
      refuse(word.place, "HEAD " + std::to_string(word.head),
             "at most " + std::to_string(count) + ", the sentence's last word");
    }
  }
  if (roots != 1) refuse(place_, "a sentence with " + std::to_string(roots) + " roots", "one");
  for (const Word& word : words_) {
    int64_t steps = 0;
    for (int64_t at = word.head; at != 0; at = words_[static_cast<size_t>(at) - 1].head) {
      if (++steps > count) refuse(word.place, "a word below itself", "a tree");
    }
  }
}

void ConlluSentence::finish(std::string& text, std::optional<Annotation>& annotation) const {
  check_words();
  const bool annotated = has_heads();
  if (annotated) check_tree();
  text.clear();
  Annotation found;
  for (size_t s = 0; s < surfaces_.size(); ++s) {
    const Surface& surface = surfaces_[s];
    const auto begin = static_cast<int64_t>(text.size());
    text += surface.form;
    const auto end = static_cast<int64_t>(text.size());
    std::string spelled;
    for (size_t w = surface.first; w <= surface.last; ++w) spelled += words_[w].form;
    int64_t at = begin;
    for (size_t w = surface.first; w <= surface.last; ++w) {
      const auto length = static_cast<int64_t>(words_[w].form.size());
      found.words.push_back(spelled == surface.form ? Range{at, at + length} : Range{begin, end});
      at += length;
    }
    if (surface.space_after && s + 1 < surfaces_.size()) text += ' ';
  }
  for (const Word& word : words_) {
    found.head.push_back(static_cast<int32_t>(word.head) - 1);
    found.relation.push_back(word.relation);
  }
  annotation.reset();
  if (annotated) annotation = std::move(found);
}

}  // namespace headscope
