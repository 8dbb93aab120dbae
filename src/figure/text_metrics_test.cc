// Cutting and breaking text against the plain definitions, which try every cut.
#include "figure/text_metrics.h"

#include <gtest/gtest.h>

#include <random>

#include "headscope/utf8.h"

namespace headscope {
namespace {

std::vector<size_t> boundaries(const std::string& text) {
  std::vector<size_t> out;
  for (size_t pos = 0; pos < text.size(); pos += read_utf8(text, pos).bytes) out.push_back(pos);
  out.push_back(text.size());
  return out;
}

// The longest cut in the middle that fits, tried from the longest on.
std::string fitted(const std::string& text, double room, double size) {
  if (text_width(text, size) <= room) return text;
  const std::vector<size_t> at = boundaries(text);
  const size_t characters = at.size() - 1;
  for (size_t kept = characters - 1; kept > 0; --kept) {
    const std::string cut =
        text.substr(0, at[(kept + 1) / 2]) + "…" + text.substr(at[characters - kept / 2]);
    if (text_width(cut, size) <= room) return cut;
  }
  return "…";
}

// Lines of one word without spaces: each the longest that fits, at least one character.
std::vector<std::string> broken(std::string word, double room, double size) {
  std::vector<std::string> lines;
  while (text_width(word, size) > room) {
    const std::vector<size_t> at = boundaries(word);
    size_t count = 1;
    while (count + 1 < at.size() && text_width(word.substr(0, at[count + 1]), size) <= room) {
      ++count;
    }
    if (at[count] == word.size()) break;
    lines.push_back(word.substr(0, at[count]));
    word.erase(0, at[count]);
  }
  lines.push_back(word);
  return lines;
}

std::vector<std::string> samples() {
  const std::string characters[] = {"a",         "W",  "i",    "é",       "北",
                                    "e\xCC\x81", "🙂", "\xFF", "\xE4\xB8"};
  std::vector<std::string> out = {"x", "北", "\xCC\x81\xCC\x81\xCC\x81"};
  std::mt19937 random(11);
  for (int k = 0; k < 60; ++k) {
    std::string text;
    for (uint32_t n = 1 + random() % 40; n > 0; --n) text += characters[random() % 9];
    out.push_back(text);
  }
  return out;
}

TEST(TextMetrics, CutsAndBreaksLikeTheDefinition) {
  for (const std::string& text : samples()) {
    for (const double room : {0.0, 4.0, 11.5, 37.0, 120.0}) {
      EXPECT_EQ(fit_text(text, room, 9), fitted(text, room, 9)) << text << " in " << room;
      EXPECT_EQ(wrap_text(text, room, 9), broken(text, room, 9)) << text << " in " << room;
    }
  }
}

// A token may be as long as a file. Trying every cut of this one would measure 10¹² characters, and
// this test would not end.
TEST(TextMetrics, LongTokensCostTheirLengthOnce) {
  const std::string token(1 << 20, 'w');
  const std::string shown = fit_text(token, 80, 9);
  EXPECT_LE(text_width(shown, 9), 80);
  EXPECT_EQ(shown.substr(0, 3), "www");
  EXPECT_NE(shown.find("…"), std::string::npos);
  size_t bytes = 0;
  for (const std::string& line : wrap_text(token, 400, 9)) {
    EXPECT_LE(text_width(line, 9), 400);
    bytes += line.size();
  }
  EXPECT_EQ(bytes, token.size());
}

// Marks take no room: only a limit on what is looked at keeps a megabyte of them out of a figure.
TEST(TextMetrics, TokensThatTakeNoRoomAreCut) {
  std::string token = "a";
  while (token.size() < (1 << 20)) token += "\xCC\x81";
  EXPECT_LT(fit_text(token, 80, 9).size(), size_t{5000});
}

}  // namespace
}  // namespace headscope
