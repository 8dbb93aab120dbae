// Every Unicode scalar as the reference sees it: hashes that tools/unicode_reference.py prints
// (tokenizers 0.23.3).
#include "text/characters.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "headscope/utf8.h"
#include "io/sha256.h"
#include "text/charsmap.h"
#include "text/regex.h"

namespace headscope {
namespace {

const std::map<std::string, std::string> kExpected = {
    {R"(NFD)", "34c986f61cb6f6d682995fecf92e27dccdcd867a8eb8358cb155ab1047757fa1"},
    {R"(NFKD)", "b13d7cf200216bf8a1994ee254dd770e4263e5ec5bbc2cc056a58baa4b647b3e"},
    {R"(NFC)", "9cc65524a9d8082bf10840c616cd199bd2ac12ee49a3381bd6fb7957711f342b"},
    {R"(NFKC)", "6a3e30f0f9aef6e699678c0600f1f19eca47f536f8da1f9b8c7725d4341f1cc5"},
    {R"(Lowercase)", "62a955092f4341ca841e803dc5d73e6df6210c1d7a8046780af533dc63ec2bd1"},
    {R"(StripAccents)", "714b5ad117b0e4e8d2d3f3e9dc7dfb4acaef720d6158d1ea6c5fc52f6b5ee031"},
    {R"(Digits)", "aafa54736b98a8916ae45c3f882529fe87708d05a15ac013c2e601e7b1f5ab17"},
    {R"(Punctuation)", "e73812ee9af3262be1cba6c9a0eb63bad625462dd3f2bc332b74c31cc7a09b5a"},
    {R"(Extenders)", "f4f5078b888ba2b031e325878e1f2ba078f885d10fe78a1cc19c4568d7186129"},
    {R"(\p{L})", "e35406f1fac810b872b6d38de3fad3949fd7336300a3ccfc6922f1fd0de5e38c"},
    {R"(\p{N})", "29e0afbf92cac2cc8dd69785e5f550daf4a90bf2db9a4492b7d3e5bbb0cf0ac8"},
    {R"(\p{M})", "10742687cdf2be8d63c9148d3c2a00fdf7f68c56995c82edcd952037f8fca597"},
    {R"(\p{Lu})", "9af5f444f4a4c73e50a9dd4b25c3dbadf7420b8a62d224e7c804fefd6a69606f"},
    {R"(\p{Ll})", "6f7ea733bf590559e0beb001853dde9ec6697217a22d7cb06ce71a46acc4a393"},
    {R"(\p{Lt})", "59f651132105f7d6d49837e7f3405eea1c75375db5c330b6a1b5ab726eaa2535"},
    {R"(\p{Lm})", "a469e6d89678a2b482ef870b2e3c82a8854fdf1028f827369e126ac4a9a75ca6"},
    {R"(\p{Lo})", "22283f4ada48787678a5bb6782cdab557823641f0ea6a12e9b2ee72773457246"},
    {R"(\p{P})", "7011eee2e9ec80854c284f7def0fa0ed564417c5775423c2304b55ff447d1f9a"},
    {R"(\p{S})", "e9f8a9e519ed125e369c3dcdf343ab73a6c6c89d8d51025db9bf95650af81393"},
    {R"(\p{Z})", "08456fa32eab6559c989effe239aa371ecf38dcf2fb14c0c43139c2ddbdc7da4"},
    {R"(\p{Nd})", "184257ae64493754f7a23679b8ffd791c70374300dea133c1fb0b3ddd979432b"},
    {R"(\p{Mn})", "a757ee0d94e0081e53848981f1f575a1f6a18a7020a1ef3a79ca4a135202648f"},
    {R"(\p{Han})", "3386ad987018923f332a4cece4b7e094d25291fdc234ad9acdf152832d5fc2dd"},
    {R"(\s)", "fbbbce4e4bea880669e12998bd41d2419154eecf9e48a506b82ebd9d3768f6a9"},
    {R"(\w)", "460b73b222eeb77a34c7bddbd5c78a26d70c1e42915e6c3f7817c50942141d2e"},
    {R"(\d)", "184257ae64493754f7a23679b8ffd791c70374300dea133c1fb0b3ddd979432b"}};

template <typename Visit>
void for_each_scalar(const Visit& visit) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c < 0xD800 || c > 0xDFFF) visit(c);
  }
}

std::string hash_of(const std::string& text) {
  Sha256 hash;
  hash.update(text.data(), text.size());
  return hash.hex();
}

std::string images(const std::function<void(AlignedText&)>& change) {
  std::string all;
  for_each_scalar([&](char32_t c) {
    AlignedText text;
    text.codes = c;
    text.sources = {{0, 1}};
    change(text);
    EXPECT_EQ(text.codes.size(), text.sources.size());
    all += utf8_of(text.codes) + "\n";
  });
  return hash_of(all);
}

std::string members(const std::function<bool(char32_t)>& is) {
  std::string all;
  for_each_scalar([&](char32_t c) { all += is(c) ? '1' : '0'; });
  return hash_of(all);
}

TEST(Characters, AreMappedAsTheReferenceMapsThem) {
  const auto form = [](NormalForm which) {
    return images([which](AlignedText& text) { normalise(text, which); });
  };
  EXPECT_EQ(form(NormalForm::kNfd), kExpected.at("NFD"));
  EXPECT_EQ(form(NormalForm::kNfkd), kExpected.at("NFKD"));
  EXPECT_EQ(form(NormalForm::kNfc), kExpected.at("NFC"));
  EXPECT_EQ(form(NormalForm::kNfkc), kExpected.at("NFKC"));
  EXPECT_EQ(images([](AlignedText& text) { lower_case(text); }), kExpected.at("Lowercase"));
  EXPECT_EQ(images([](AlignedText& text) {
              filter(text, [](char32_t c) { return !is_combining_mark(c); });
            }),
            kExpected.at("StripAccents"));
}

TEST(Characters, AreOfTheReferencesClasses) {
  EXPECT_EQ(members(is_numeric), kExpected.at("Digits"));
  EXPECT_EQ(members(is_punctuation), kExpected.at("Punctuation"));
}

// What makes one grapheme with an A before it is taken whole by a map that knows A alone: three
// units of a double array (root, A, its leaf), then the text that A becomes.
TEST(Characters, ExtendTheReferencesGraphemes) {
  std::vector<uint32_t> units(512);
  units[0] = 256 << 10;
  units[256 ^ 'A'] = 'A' | 1 << 8 | 1 << 10;
  units[256 ^ 'A' ^ 1] = 1u << 31;
  units.insert(units.begin(), 512 * sizeof(uint32_t));
  std::string bytes(reinterpret_cast<const char*>(units.data()), units.size() * sizeof(uint32_t));
  bytes += std::string("b\0", 2);
  const CharsMap map(bytes, "test");
  EXPECT_EQ(members([&](char32_t c) {
              AlignedText text;
              text.codes = {U'A', c};
              text.sources = {{0, 1}, {1, 2}};
              map.apply(text);
              return text.codes == U"b";
            }),
            kExpected.at("Extenders"));
}

TEST(Characters, AreOfTheReferencesClassesInExpressions) {
  std::u32string all;
  for_each_scalar([&](char32_t c) { all += c; });
  for (const auto& [name, hash] : kExpected) {
    if (name[0] != '\\') continue;
    std::string found(all.size(), '0');
    for (const auto& [first, last] : Regex(name, "test").find_all(all)) found[first] = '1';
    EXPECT_EQ(hash_of(found), hash) << name;
  }
}

// Offsets of marks that change places (tokenizers 0.23.3 on the same strings).
TEST(Characters, MarksThatChangePlacesKeepTheReferencesSources) {
  AlignedText text = align("e\xCC\x81\xCC\xA3", {0, 5});  // acute, dot below
  normalise(text, NormalForm::kNfd);
  EXPECT_EQ(text.codes, U"e\u0323\u0301");
  EXPECT_EQ(text.sources, (std::vector<Range>{{0, 1}, {1, 3}, {3, 5}}));
  normalise(text, NormalForm::kNfc);
  EXPECT_EQ(text.codes, U"\u1EB9\u0301");
  EXPECT_EQ(text.sources, (std::vector<Range>{{0, 1}, {3, 5}}));
}

}  // namespace
}  // namespace headscope
