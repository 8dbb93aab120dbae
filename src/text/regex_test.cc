#include "text/regex.h"

#include <gtest/gtest.h>

#include "headscope/error.h"

namespace headscope {
namespace {

using Found = std::vector<std::pair<size_t, size_t>>;

Found find(const std::string& pattern, std::u32string_view text) {
  return Regex(pattern, "test").find_all(text);
}

TEST(Regex, ClassesInClassesAreUnions) {
  // BLOOM's pattern: "(", ")" and "|" are members as well.
  const std::string bloom = " ?[^(\\s|[.,!?])]+";
  EXPECT_EQ(find(bloom, U"ab (c), d"), (Found{{0, 2}, {4, 5}, {7, 9}}));
}

TEST(Regex, HasOniguramasWordCharacters) {
  // U+0301 is a mark, ² and Ⓐ count, a roman numeral too; €, · do not.
  EXPECT_EQ(find("\\w+", U"e\u0301\u00B2\u24B6\u2163\u20AC\u00B7x"), (Found{{0, 5}, {7, 8}}));
}

TEST(Regex, SeesUnicode16) {
  // U+1C89 (Lu), U+10D40 (Nd), U+31350 (Lo, Han) are of versions 16, 16, 15.
  EXPECT_EQ(find("\\p{L}+", U"\U00001C89a\U00031350"), (Found{{0, 3}}));
  EXPECT_EQ(find("\\p{N}", U"\U00010D40"), (Found{{0, 1}}));
  EXPECT_EQ(find("\\p{Han}", U"\U00031350\u3001"), (Found{{0, 1}}));
  EXPECT_EQ(find("\\s", U"\u180E \u3000"), (Found{{1, 2}, {2, 3}}));
}

TEST(Regex, RefusesWhatTheTwoReadDifferently) {
  for (const char* pattern : {"\\h", "[[:alpha:]]", "[a&&b]", "[a[^b]]", "(?m:.)", "(?<n>a)\\1",
                              "\\p{Emoji}", "\\N{1,2}+", "\\p{N}{1,3}+", "[", "\\", "(a", "[]a]"}) {
    EXPECT_THROW(Regex(pattern, "test"), Error) << pattern;
  }
}

TEST(Regex, EndsOnPatternsThatBacktrack) {
  const std::u32string text = std::u32string(5000, U'a') + U"b";
  EXPECT_THROW(find("(a|aa)+c?$", text), Error);
}

// As Split and Replace of tokenizers 0.23.3 cut and fill texts: "aBcD" becomes a, Bc, D; "baab"
// with
// "-" for a* becomes "-b-b-".
TEST(Regex, EmptyMatchesCountUnlessOneEndedThere) {
  EXPECT_EQ(find("(?=[A-Z])", U"aBcD"), (Found{{1, 1}, {3, 3}}));
  EXPECT_EQ(find("a*", U"baab"), (Found{{0, 0}, {1, 3}, {4, 4}}));
  EXPECT_EQ(find("$", U"ab"), (Found{{2, 2}}));
  EXPECT_EQ(find("a*", U""), Found{});
}

TEST(Regex, LineEndsAreThoseOfLines) { EXPECT_EQ(find("^a", U"a\na"), (Found{{0, 1}, {2, 3}})); }

}  // namespace
}  // namespace headscope
