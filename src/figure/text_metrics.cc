#include "figure/text_metrics.h"

#include <algorithm>
#include <cstdint>

#include "headscope/utf8.h"

namespace headscope {

namespace {

struct WidthRun {
  char32_t first;
  char32_t last;
  int width;  // 1/1000 em
};

#include "figure/font_widths.inc"

template <size_t N>
int width_in(const WidthRun (&runs)[N], char32_t code) {
  const auto run = std::partition_point(std::begin(runs), std::end(runs),
                                        [code](const WidthRun& r) { return r.last < code; });
  return run != std::end(runs) && run->first <= code ? run->width : -1;
}

struct Block {
  char32_t first;
  char32_t last;
};
// Characters drawn on top of the one before, or not at all.
constexpr Block kZeroWidth[] = {
    {0x300, 0x36F},   {0x483, 0x489},    {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x93C, 0x93C},   {0x94D, 0x94D},    {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},  {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
// East Asian wide (Unicode's EastAsianWidth W and F, by block) and emoji.
constexpr Block kWide[] = {{0x1100, 0x115F},   {0x2600, 0x27BF},   {0x2E80, 0xA4CF},
                           {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                           {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                           {0x1B000, 0x1B2FF}, {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFF}};

template <size_t N>
bool within(const Block (&blocks)[N], char32_t code) {
  return std::any_of(std::begin(blocks), std::end(blocks),
                     [code](Block b) { return b.first <= code && code <= b.last; });
}

int width_of(char32_t code, Weight weight) {
  if (within(kZeroWidth, code)) return 0;
  const int known = weight == Weight::kBold ? width_in(kBold, code) : width_in(kRegular, code);
  if (known >= 0) return known;
  return within(kWide, code) ? 1000 : 640;  // 640: a broad letter of scripts the font lacks
}

// A text's characters: where each starts, and the width of all before it. Widths are never
// negative, so both ascend and a cut is found by halving.
struct Characters {
  std::vector<size_t> at;      // [characters + 1] bytes
  std::vector<int64_t> width;  // [characters + 1] 1/1000 em

  explicit Characters(std::string_view text) : at{0}, width{0} {
    while (at.back() < text.size()) {
      const Utf8Char c = read_utf8(text, at.back());
      width.push_back(width.back() + width_of(c.code, Weight::kRegular));
      at.push_back(at.back() + c.bytes);
    }
  }
  size_t count() const { return at.size() - 1; }
};

double pixels(int64_t width, double size) { return static_cast<double>(width) * size / 1000.0; }

// The first index of [low, high) for which `holds` is true, else high. `holds` must be true for all
// indices behind the first one.
template <class Holds>
size_t first_that(size_t low, size_t high, const Holds& holds) {
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    holds(middle) ? high = middle : low = middle + 1;
  }
  return low;
}

// Moves the parts of a word that is wider than a line into lines of their own.
std::string break_word(const std::string& word, double room, double size,
                       std::vector<std::string>& lines) {
  const Characters chars(word);
  size_t begin = 0;
  while (pixels(chars.width.back() - chars.width[begin], size) > room) {
    // At least one character a line, even where it is wider than the line.
    const size_t end = first_that(begin + 1, chars.count(), [&](size_t last) {
      return pixels(chars.width[last + 1] - chars.width[begin], size) > room;
    });
    if (end == chars.count()) break;
    lines.push_back(word.substr(chars.at[begin], chars.at[end] - chars.at[begin]));
    begin = end;
  }
  return word.substr(chars.at[begin]);
}

constexpr const char* kDots = "\xE2\x80\xA6";

// The text, or only its two ends where it is far longer than a figure can show.
std::string without_middle(const std::string& text) {
  constexpr size_t kEnd = 2048;  // bytes kept at either end
  if (text.size() <= 3 * kEnd) return text;
  const auto continues = [&](size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  size_t head = kEnd, tail = text.size() - kEnd;
  for (int k = 0; k < 3 && continues(head); ++k) --head;
  for (int k = 0; k < 3 && continues(tail); ++k) ++tail;
  return text.substr(0, head) + kDots + text.substr(tail);
}

}  // namespace

double text_width(std::string_view text, double size, Weight weight) {
  int64_t sum = 0;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    sum += width_of(c.code, weight);
    pos += c.bytes;
  }
  return static_cast<double>(sum) * size / 1000.0;
}

double room_for(std::string_view text, double size, Weight weight) {
  return text_width(text, size, weight) * kSubstitute;
}

std::string fit_text(const std::string& whole, double room, double size) {
  std::string text = without_middle(whole);
  const Characters chars(text);
  if (pixels(chars.width.back(), size) <= room) return text;
  const size_t count = chars.count();
  const int64_t dots = Characters(kDots).width.back();
  const auto fits = [&](size_t kept) {
    const size_t head = (kept + 1) / 2, tail = kept / 2;
    const int64_t shown = chars.width[head] + dots + chars.width[count] - chars.width[count - tail];
    return pixels(shown, size) <= room;
  };
  const size_t kept = first_that(1, count, [&](size_t more) { return !fits(more); }) - 1;
  if (kept == 0) return kDots;
  return text.substr(0, chars.at[(kept + 1) / 2]) + kDots + text.substr(chars.at[count - kept / 2]);
}

std::vector<std::string> wrap_text(const std::string& text, double room, double size) {
  std::vector<std::string> lines;
  std::string line;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    const std::string longer = line.empty() ? word : line + " " + word;
    if (text_width(longer, size) <= room) {
      line = longer;
      continue;
    }
    if (!line.empty()) lines.push_back(line);
    line = break_word(word, room, size, lines);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace headscope
