#include "headscope/utf8.h"

#include <gtest/gtest.h>

namespace headscope {
namespace {

struct Case {
  std::string bytes;
  std::string replaced;
};

// Expected: Python 3.11, bytes.decode('utf-8', errors='replace').
const Case kCases[] = {
    {"", ""},
    {"abc", "abc"},
    {"caf\xC3\xA9", "caf\xC3\xA9"},
    {"\xFF\xFE", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC3(", "\xEF\xBF\xBD("},
    {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                  // overlong
    {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // surrogate
    {"\xE2\x82", "\xEF\xBF\xBD"},                                              // cut at the end
    {"\xF0\x9F\x98x", "\xEF\xBF\xBDx"},                                        // cut inside
    {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // > 10FFFF
    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
};

TEST(Utf8, ReplacesEachMaximalInvalidSequence) {
  for (const Case& c : kCases) {
    EXPECT_EQ(to_valid_utf8(c.bytes), c.replaced);
    EXPECT_EQ(find_invalid_utf8(c.bytes).has_value(), c.bytes != c.replaced);
  }
}

TEST(Utf8, NamesByteAndLine) {
  const auto problem = find_invalid_utf8("first\nsec\xC3(ond");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->byte, 9u);
  EXPECT_EQ(problem->line, 2u);
}

TEST(Utf8, EveryScalarRoundTrips) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    const Utf8Char c = read_utf8(text, 0);
    ASSERT_TRUE(c.valid && c.code == code && c.bytes == text.size()) << uint32_t(code);
  }
}

}  // namespace
}  // namespace headscope
