// What tokenizer_config.json says beside a vocabulary. Expected: AutoTokenizer of transformers 5.24
// on the same files.
#include <gtest/gtest.h>

#include <map>

#include "headscope/tokenizer.h"

namespace headscope {
namespace {

using Files = std::map<std::string, std::string>;
using Tokens = std::vector<std::string>;
using Ids = std::vector<int32_t>;

Tokenizer open(const Files& files) {
  return Tokenizer::open({"model",
                          [&](const std::string& name) -> std::optional<std::string> {
                            const auto found = files.find(name);
                            return found == files.end() ? std::nullopt
                                                        : std::optional(found->second);
                          }},
                         TokenizerOptions{});
}

const std::string kBert = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[\n]\nthe\ncat\nmask\n";

// Version 5 writes a name for each of the further tokens.
TEST(TokenizerSettings, FurtherSpecialTokensMayHaveNames) {
  const Tokenizer tokenizer = open({{"vocab.txt", kBert},
                                    {"tokenizer_config.json",
                                     R"({"tokenizer_class": "BertTokenizer",
                 "extra_special_tokens": {"drug_token": "[DRUG]"}})"}});
  EXPECT_EQ(tokenizer.encode("the [DRUG]cat").tokens,
            (Tokens{"[CLS]", "the", "[DRUG]", "cat", "[SEP]"}));
}

TEST(TokenizerSettings, SpecialTokensOfATextMayBeSplit) {
  const auto tokens = [](const std::string& config) {
    return open({{"vocab.txt", kBert}, {"tokenizer_config.json", config}})
        .encode("the [MASK]")
        .tokens;
  };
  EXPECT_EQ(tokens(R"({"tokenizer_class": "BertTokenizer", "split_special_tokens": true})"),
            (Tokens{"[CLS]", "the", "[", "mask", "]", "[SEP]"}));
  EXPECT_EQ(tokens(R"({"tokenizer_class": "BertTokenizer"})"),
            (Tokens{"[CLS]", "the", "[MASK]", "[SEP]"}));
}

TEST(TokenizerSettings, TheEndOfALongTextIsKept) {
  TokenizeOptions shorter;
  shorter.max_tokens = 6;
  shorter.truncation = Truncation::kLongestFirst;
  const auto encode = [&](const std::string& config, std::optional<std::string_view> b) {
    return open({{"vocab.txt", kBert}, {"tokenizer_config.json", config}})
        .encode("the cat mask the [ ] cat", b, shorter);
  };
  const std::string left = R"({"tokenizer_class": "BertTokenizer", "truncation_side": "left"})";
  const TokenSequence one = encode(left, {});
  EXPECT_EQ(one.tokens, (Tokens{"[CLS]", "the", "[", "]", "cat", "[SEP]"}));
  EXPECT_EQ(one.words, (Ids{-1, 0, 1, 2, 3, -1}));
  EXPECT_EQ(one.offsets[1].begin, 13);
  EXPECT_EQ(one.offsets[4].end, 24);
  EXPECT_EQ(encode(left, "mask the cat").tokens,
            (Tokens{"[CLS]", "]", "cat", "[SEP]", "cat", "[SEP]"}));
  EXPECT_EQ(encode(left, "mask the cat").words, (Ids{-1, 0, 1, -1, 2, -1}));
  EXPECT_EQ(
      encode(R"({"tokenizer_class": "BertTokenizer", "truncation_side": "right"})", {}).tokens,
      (Tokens{"[CLS]", "the", "cat", "mask", "the", "[SEP]"}));
}

const std::string kVocabulary = R"({"<|endoftext|>": 0, "a": 1, "b": 2, "Ġ": 3, "Ġa": 4, "Ġb": 5,
                                    "[": 6, "X": 7, "]": 8})";
const std::string kMerges = "Ġ a\nĠ b\n";

Files gpt2(const std::string& settings) {
  return {{"vocab.json", kVocabulary},
          {"merges.txt", kMerges},
          {"tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer")" + settings + "}"}};
}

// Without a tokenizer.json.
TEST(TokenizerSettings, TokensThatBeginAndEndAText) {
  const auto ids = [](const std::string& settings) {
    return open(gpt2(settings)).encode("a", "b").ids;
  };
  EXPECT_EQ(ids(""), (Ids{1, 2}));
  EXPECT_EQ(ids(R"(, "add_bos_token": true)"), (Ids{0, 1, 0, 2}));
  EXPECT_EQ(ids(R"(, "add_eos_token": true)"), (Ids{1, 0, 2, 0}));
  EXPECT_EQ(ids(R"(, "add_bos_token": true, "add_eos_token": true)"), (Ids{0, 1, 0, 0, 2, 0}));
  const TokenSequence both =
      open(gpt2(R"(, "add_bos_token": true, "add_eos_token": true)")).encode("a", "b");
  EXPECT_EQ(both.special, (std::vector<uint8_t>{1, 0, 1, 1, 0, 1}));
}

TEST(TokenizerSettings, AddedTokensBesideAVocabularyOfBytes) {
  const Tokenizer listed = open(gpt2(R"(, "extra_special_tokens": ["[X]"])"));
  EXPECT_EQ(listed.encode("a[X] b").ids, (Ids{1, 9, 5}));
  const Tokenizer decoder = open(gpt2(R"(, "added_tokens_decoder": {"9": {"content": "[X]",
      "lstrip": true, "special": true}})"));
  EXPECT_EQ(decoder.encode("a [X] b").ids, (Ids{1, 9, 5}));
  EXPECT_EQ(open(gpt2("")).encode("a[X] b").ids, (Ids{1, 6, 7, 8, 5}));
}

std::string json_of(const std::string& words, const std::string& normalizer = "null") {
  return R"({"model": {"type": "BPE", "vocab": {"<s>": 0, "a": 1, "Ġ": 2, "Ġa": 3, "▁": 4, "▁a": 5},
             "merges": ["Ġ a", "▁ a"]}, "normalizer": )" +
         normalizer + R"(, "pre_tokenizer": )" + words + "}";
}

// Beside a tokenizer.json: transformers 4.57.6 has the same ids.
TEST(TokenizerSettings, ABlankBeforeAText) {
  const std::string with = R"({"type": "ByteLevel", "add_prefix_space": true})",
                    without = R"({"type": "ByteLevel", "add_prefix_space": false})";
  const auto read = [](const std::string& json, const std::string& settings) {
    return open({{"tokenizer.json", json}, {"tokenizer_config.json", settings}});
  };
  for (const char* name : {"GPT2Tokenizer", "RobertaTokenizerFast"}) {
    const std::string its = R"({"tokenizer_class": ")" + std::string(name) + '"';
    const Tokenizer on = read(json_of(without), its + R"(, "add_prefix_space": true})");
    EXPECT_EQ(on.encode("a").ids, Ids{3}) << name;
    ASSERT_EQ(on.notes().size(), 1u) << name;
    EXPECT_NE(on.notes()[0].find("says add_prefix_space true, tokenizer.json the opposite"),
              std::string::npos)
        << on.notes()[0];
    const Tokenizer off = read(json_of(with), its + "}");
    EXPECT_EQ(off.encode("a").ids, Ids{1}) << name;
    EXPECT_EQ(off.notes().size(), 1u) << name;
    const Tokenizer alike = read(json_of(with), its + R"(, "add_prefix_space": true})");
    EXPECT_EQ(alike.encode("a").ids, Ids{3}) << name;
    EXPECT_TRUE(alike.notes().empty()) << name;
  }
  const std::string llama = R"({"tokenizer_class": "LlamaTokenizer", "add_prefix_space": false})";
  const std::string first =
      R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false})";
  EXPECT_EQ(read(json_of(first), llama).encode("a").ids, Ids{1});
  EXPECT_EQ(read(json_of(first), R"({"tokenizer_class": "LlamaTokenizer"})").encode("a").ids,
            Ids{5});
  const std::string older = R"({"type": "Sequence", "normalizers": [
      {"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})";
  EXPECT_EQ(read(json_of("null", older), llama).encode("a").ids, Ids{1});
  EXPECT_EQ(read(json_of("null", older), llama).encode("a a").ids, (Ids{1, 5}));
}

}  // namespace
}  // namespace headscope
