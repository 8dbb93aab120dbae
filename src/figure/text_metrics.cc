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

// Byte offsets at which characters start, and the end.
std::vector<size_t> boundaries(const std::string& text) {
  std::vector<size_t> out;
  for (size_t pos = 0; pos < text.size(); pos += read_utf8(text, pos).bytes) out.push_back(pos);
  out.push_back(text.size());
  return out;
}

// Moves the parts of a word that is wider than a line into lines of their own.
std::string break_word(std::string word, double room, double size,
                       std::vector<std::string>& lines) {
  while (text_width(word, size) > room) {
    const std::vector<size_t> at = boundaries(word);
    size_t count = 1;
    while (count + 1 < at.size() && text_width(word.substr(0, at[count + 1]), size) <= room) {
      ++count;
    }
    if (at[count] == word.size()) break;  // one character wider than the line
    lines.push_back(word.substr(0, at[count]));
    word.erase(0, at[count]);
  }
  return word;
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

std::string fit_text(const std::string& text, double room, double size) {
  if (text_width(text, size) <= room) return text;
  const std::vector<size_t> at = boundaries(text);
  const size_t characters = at.size() - 1;
  std::string dots = "\xE2\x80\xA6";
  for (size_t kept = characters - 1; kept > 0; --kept) {
    const size_t head = (kept + 1) / 2, tail = kept / 2;
    const std::string cut = text.substr(0, at[head]) + dots + text.substr(at[characters - tail]);
    if (text_width(cut, size) <= room) return cut;
  }
  return dots;
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
