// Tokens as people read them. The golden tokens are the reference tokenizer's
// (tests/golden/smollm2/README.md): read back, they are the text that they were cut from.
#include "headscope/token_text.h"

#include <gtest/gtest.h>

#include "format/json.h"
#include "test_paths.h"

namespace headscope {
namespace {

using Strings = std::vector<std::string>;

TEST(TokenText, ByteLetters) {
  // Bytes and letters as in GPT-2's bytes_to_unicode(); the UTF-8 of é is C3 A9, of 日 E6 97 A5.
  for (const auto& [token, read] : {std::pair("Ġthe", "·the"),
                                    {"the", "the"},
                                    {"Ġ", "·"},
                                    {"ĊĠĠ", "⏎··"},
                                    {"ĉ", "⇥"},
                                    {"č", "⟨d⟩"},
                                    {"ĠcafÃ©", "·café"},
                                    {"æĹ¥", "日"},
                                    {"æĹ", "\\xe6\\x97"},
                                    {"¥", "\\xa5"},
                                    {"##", "##"},
                                    {"<|im_start|>", "<|im_start|>"},
                                    // Added tokens are plain text.
                                    {"日本", "日本"}}) {
    EXPECT_EQ(readable_token(token, true), read);
  }
}

TEST(TokenText, OtherVocabularies) {
  for (const auto& [token, read] : {std::pair("▁the", "·the"),
                                    {"▁", "·"},
                                    {"▁▁", "··"},
                                    {"<0xE6>", "\\xe6"},
                                    {"<0x0A>", "⏎"},
                                    {"<0xE6", "<0xE6"},
                                    {"<0xg6>", "<0xg6>"},
                                    {"##berries", "##berries"},
                                    // Letters of other languages are no bytes.
                                    {"Ġan", "Ġan"},
                                    {"ł", "ł"},
                                    {"café", "café"},
                                    {" a\u202eb", "·a⟨202e⟩b"},
                                    {"a\x1b[31m", "a⟨1b⟩[31m"}}) {
    EXPECT_EQ(readable_token(token, false), read);
  }
  EXPECT_EQ(readable_token("\xff", false), "\\xff");
}

TEST(TokenText, PiecesOfAWord) {
  EXPECT_EQ(readable_word(Strings{"straw", "##berries"}, false), "strawberries");
  EXPECT_EQ(readable_word(Strings{"<0xE6>", "<0x97>", "<0xA5>"}, false), "日");
  EXPECT_EQ(readable_word(Strings{"æĹ", "¥"}, true), "日");
  EXPECT_EQ(readable_word(Strings{"Ġa", "##"}, true), "·a##") << "no WordPiece";
  EXPECT_EQ(readable_word(Strings{"##berries"}, false), "##berries") << "a piece alone";
}

std::string with_marks(const std::string& text) {
  std::string out;
  for (const char c : text) c == ' ' ? out += "·" : c == '\n' ? out += "⏎" : out += c;
  return out;
}

TEST(TokenText, TheReferenceTokensReadAsTheirText) {
  const Json file = parse_json_file(source_dir() + "/tests/golden/smollm2/cases.json");
  int texts = 0;
  for (const Json& one : file.at("cases")) {
    if (!one["text"].is_string()) continue;
    ++texts;
    TokenSequence t;
    t.tokens = one["tokens"].get<Strings>();
    t.text_a = one["text"].get<std::string>();
    const std::string read = readable_word(t.tokens, true), want = with_marks(t.text_a);
    // The reference goes on with the text of one case.
    EXPECT_EQ(one["id"] == "generate" ? read.substr(0, want.size()) : read, want) << one["id"];
    EXPECT_TRUE(has_byte_tokens(t)) << one["id"];
    t.tokens.pop_back();  // a text that was cut off, perhaps within a character
    EXPECT_TRUE(has_byte_tokens(t)) << one["id"];
  }
  EXPECT_GE(texts, 5);
}

bool bytes_of(const Strings& tokens, const std::string& text, std::vector<uint8_t> special = {}) {
  TokenSequence t;
  t.tokens = tokens;
  t.text_a = text;
  t.special = std::move(special);
  return has_byte_tokens(t);
}

TEST(TokenText, KnownByTheirLettersAndTheirText) {
  EXPECT_TRUE(bytes_of({"The", "Ġstore"}, "The store"));
  EXPECT_TRUE(bytes_of({"The", "Ġstore"}, "")) << "tokens without a text";
  EXPECT_TRUE(bytes_of({"<s>", "ĠcafÃ©", "</s>"}, " café", {1, 0, 1}));
  EXPECT_TRUE(bytes_of({"cafÃ©"}, "café"));
  EXPECT_FALSE(bytes_of({"The"}, "The")) << "reads alike either way";
  // Letters that stand in the text, also in the other case.
  EXPECT_FALSE(bytes_of({"Ġan", "##ni"}, "Ġanni"));
  EXPECT_FALSE(bytes_of({"česko"}, "Česko"));
  EXPECT_FALSE(bytes_of({"äpfel"}, "Äpfel"));
  // No UTF-8, control characters, letters that stand for no byte.
  EXPECT_FALSE(bytes_of({"café"}, ""));
  EXPECT_FALSE(bytes_of({"Ġa", "ā"}, ""));
  EXPECT_FALSE(bytes_of({"Ġa", "ŵ"}, ""));
  EXPECT_FALSE(bytes_of({"Ġa", "日"}, ""));
  EXPECT_FALSE(bytes_of({}, ""));
}

}  // namespace
}  // namespace headscope
