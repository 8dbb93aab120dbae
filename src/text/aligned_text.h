// A text while it is normalised and split: characters that still know which bytes of the original
// they come from. The rules are those of the reference (Hugging Face tokenizers, NormalizedString),
// so that offsets are equal byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headscope/tensor.h"

namespace headscope {

struct AlignedText {
  std::u32string codes;
  std::vector<Range> sources;  // [codes] bytes of the original text
  int64_t begin = 0;           // the byte of the original text that this part begins at

  size_t size() const { return codes.size(); }
  bool empty() const { return codes.empty(); }
};

// text[range] as it stands; invalid UTF-8 reads as U+FFFD.
AlignedText align(std::string_view text, Range range);
// Characters [first, last) of `text`.
AlignedText part_of(const AlignedText& text, size_t first, size_t last);
// UTF-8 of characters [first, last).
std::string utf8_of(std::u32string_view codes);

// One character of the changed text. change 0: it stands for the next character of the old text;
// 1: it is added behind the character before it; −k: it stands for the next one, and k more old
// characters are gone.
struct Change {
  char32_t code = 0;
  int32_t change = 0;
};
// The first `removed` old characters are gone, too.
void transform(AlignedText& text, std::span<const Change> changes, size_t removed = 0);

// Keeps the characters for which `keep` holds.
void filter(AlignedText& text, const std::function<bool(char32_t)>& keep);
// One character for another, the sources stay.
void map(AlignedText& text, const std::function<char32_t(char32_t)>& to);
// Puts `prefix` before a text that is not empty; it takes the first character's source.
void prepend(AlignedText& text, std::u32string_view prefix);

// Throws Error(kBadInput) where steps of a tokenizer made more of a text than any real one does: a
// file could double it again and again.
void check_growth(size_t before, size_t now);

// [first, last) of characters and whether a pattern matched there.
struct Match {
  size_t first = 0, last = 0;
  bool matched = false;
};
// All of a text of `size` characters from the places where a pattern matched, in order.
std::vector<Match> with_gaps(std::span<const std::pair<size_t, size_t>> found, size_t size);
std::vector<std::pair<size_t, size_t>> find_text(std::u32string_view in, std::u32string_view text);
// Every single character for which `is` holds.
std::vector<std::pair<size_t, size_t>> find_characters(std::u32string_view in,
                                                       const std::function<bool(char32_t)>& is);
// Every match becomes `content`, which takes the source of the match's last character.
void replace(AlignedText& text, std::span<const std::pair<size_t, size_t>> found,
             std::u32string_view content);

enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };
// The parts that are left, none of them empty.
std::vector<AlignedText> split(const AlignedText& text, std::vector<Match> matches,
                               SplitBehavior behavior);

}  // namespace headscope
