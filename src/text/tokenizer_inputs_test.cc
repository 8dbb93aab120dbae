// Layouts of vocabularies and settings that people have; expected: transformers 5.24.
#include <gtest/gtest.h>

#include <map>

#include "headscope/error.h"
#include "headscope/tokenizer.h"

namespace headscope {
namespace {

using Files = std::map<std::string, std::string>;
using Tokens = std::vector<std::string>;

const std::string kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[\n]\nthe\ncat\ndrug\ne\n##1\na\nb\nk\n##at\n";  // 16
const std::string kCased = kVocabulary + "The\nCat\n";

Tokenizer open(const Files& files, std::optional<int64_t> rows = {}) {
  TokenizerFiles source{"model", [&](const std::string& name) -> std::optional<std::string> {
                          const auto found = files.find(name);
                          return found == files.end() ? std::nullopt : std::optional(found->second);
                        }};
  TokenizerOptions options;
  options.rows = rows;
  return Tokenizer::open(source, options);
}

Tokens tokens(const Tokenizer& tokenizer, const std::string& text) {
  return tokenizer.encode(text).tokens;
}

std::string refusal(const Files& files, std::optional<int64_t> rows = {}) {
  try {
    open(files, rows);
    return "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
}

// Four layouts of the same two added tokens.
TEST(TokenizerInputs, AddedTokensStandInAnyLayout) {
  const std::string decoder =
      R"({"added_tokens_decoder": {"17": {"content": "[E1]", "special": true},
          "16": {"content": "[DRUG]", "special": true}, "4": {"content": "[MASK]"}}})";
  const std::string list = R"({"additional_special_tokens": ["[DRUG]", "[E1]"]})";
  const std::string extra = R"({"extra_special_tokens": ["[DRUG]", {"content": "[E1]"}]})";
  const Files layouts[] = {
      {{"vocab.txt", kVocabulary}, {"tokenizer_config.json", decoder}},
      {{"vocab.txt", kVocabulary}, {"special_tokens_map.json", list}},
      {{"vocab.txt", kVocabulary}, {"tokenizer_config.json", extra}},
      {{"vocab.txt", kVocabulary},
       {"added_tokens.json", R"({"[E1]": 17, "[DRUG]": 16})"},
       {"special_tokens_map.json", list}},
  };
  for (const Files& files : layouts) {
    const Tokenizer tokenizer = open(files);
    const TokenSequence got = tokenizer.encode("The [DRUG] drug [E1]cat");
    EXPECT_EQ(got.tokens, (Tokens{"[CLS]", "the", "[DRUG]", "drug", "[E1]", "cat", "[SEP]"}));
    EXPECT_EQ(got.ids, (std::vector<int32_t>{2, 7, 16, 9, 17, 8, 3}));
    EXPECT_EQ(got.offsets[2], (Range{4, 10}));
    EXPECT_EQ(tokenizer.vocab_size(), 18);
    EXPECT_EQ(tokenizer.base_size(), 16);
  }
}

// Not special: looked for in the normalised text, so in any case.
TEST(TokenizerInputs, OrdinaryAddedTokensAreNormalised) {
  const Tokenizer tokenizer =
      open({{"vocab.txt", kVocabulary}, {"added_tokens.json", R"({"CatDrug": 16})"}});
  EXPECT_EQ(tokens(tokenizer, "the catdrug CATDRUG"),
            (Tokens{"[CLS]", "the", "CatDrug", "CatDrug", "[SEP]"}));
}

TEST(TokenizerInputs, IdsWithAGapAreRefused) {
  EXPECT_NE(refusal({{"vocab.txt", kVocabulary}, {"added_tokens.json", R"({"[DRUG]": 20})"}})
                .find("the next free id is 16"),
            std::string::npos);
  EXPECT_NE(refusal({{"vocab.txt", kVocabulary}, {"added_tokens.json", R"({"cat": 20})"}})
                .find("the vocabulary has it as 8"),
            std::string::npos);
}

TEST(TokenizerInputs, RowsOfTheEmbeddingsBoundTheVocabulary) {
  EXPECT_NE(refusal({{"vocab.txt", kVocabulary}}, 15).find("has 16 tokens; expected at most 15"),
            std::string::npos);
  EXPECT_TRUE(open({{"vocab.txt", kVocabulary}}, 16).notes().empty());
  const Tokenizer tokenizer =
      open({{"vocab.txt", kVocabulary}, {"added_tokens.json", R"({"[DRUG]": 16})"}}, 16);
  ASSERT_EQ(tokenizer.notes().size(), 1u);
  EXPECT_NE(tokenizer.notes()[0].find("[DRUG]"), std::string::npos);
  EXPECT_EQ(tokens(tokenizer, "the cat"), (Tokens{"[CLS]", "the", "cat", "[SEP]"}));
  EXPECT_THROW(tokenizer.encode("the [drug]"), Error);
}

TEST(TokenizerInputs, LinesEndWithoutWhiteSpace) {
  const std::string spaced =
      "\xEF\xBB\xBF[PAD]\r\n[UNK] \n[CLS]\t\n[SEP]\xC2\xA0\n[MASK]\xE3\x80\x80\nthe \ncat\t \n\n "
      "\n";
  const Tokenizer tokenizer = open({{"vocab.txt", spaced}});
  EXPECT_EQ(tokens(tokenizer, "The cat"), (Tokens{"[CLS]", "the", "cat", "[SEP]"}));
  EXPECT_EQ(tokenizer.vocab_size(), 7);
  EXPECT_NE(refusal({{"vocab.txt", std::string("\xFF\xFE[\0P\0", 6)}}).find("UTF-16"),
            std::string::npos);
}

TEST(TokenizerInputs, CaseIsWhatTheFilesSay) {
  const std::string cased(R"({"do_lower_case": false})");
  EXPECT_EQ(tokens(open({{"vocab.txt", kCased}}), "The"), (Tokens{"[CLS]", "The", "[SEP]"}));
  const Tokenizer hugging_face = open({{"vocab.txt", kCased}, {"config.json", "{}"}});
  EXPECT_EQ(tokens(hugging_face, "The"), (Tokens{"[CLS]", "the", "[SEP]"}));
  EXPECT_EQ(hugging_face.notes().size(), 1u);  // the vocabulary has capitals
  const Tokenizer said = open({{"vocab.txt", kCased}, {"tokenizer_config.json", cased}});
  EXPECT_EQ(tokens(said, "The"), (Tokens{"[CLS]", "The", "[SEP]"}));
  EXPECT_TRUE(said.notes().empty());
  // Accents apart from case: é stays, É becomes é.
  const Tokenizer accents =
      open({{"vocab.txt", kCased + "\xC3\xA9\n"},
            {"tokenizer_config.json", R"({"do_lower_case": true, "strip_accents": false})"}});
  EXPECT_EQ(tokens(accents, "\xC3\x89"), (Tokens{"[CLS]", "\xC3\xA9", "[SEP]"}));
}

TEST(TokenizerInputs, NamesComeFromTheMap) {
  std::string renamed = kVocabulary;
  for (const auto& [from, to] : std::map<std::string, std::string>{{"[CLS]", "<s>"},
                                                                   {"[SEP]", "</s>"},
                                                                   {"[MASK]", "<mask>"},
                                                                   {"[UNK]", "<unk>"},
                                                                   {"[PAD]", "<pad>"}}) {
    renamed.replace(renamed.find(from), from.size(), to);
  }
  const std::string map = R"({"unk_token": "<unk>", "sep_token": {"content": "</s>"},
      "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>"})";
  const Tokenizer tokenizer = open({{"vocab.txt", renamed}, {"special_tokens_map.json", map}});
  EXPECT_EQ(tokens(tokenizer, "the <mask>"), (Tokens{"<s>", "the", "<mask>", "</s>"}));
  EXPECT_EQ(tokenizer.special().mask, 4);
}

TEST(TokenizerInputs, TokenTypesAreZeroWhereTheModelTakesNone) {
  const Tokenizer plain = open({{"vocab.txt", kVocabulary}});
  EXPECT_EQ(plain.encode("the", "cat").segment_ids, (std::vector<int32_t>{0, 0, 0, 1, 1}));
  for (const char* config : {R"({"model_input_names": ["input_ids", "attention_mask"]})",
                             R"({"tokenizer_class": "DistilBertTokenizerFast"})"}) {
    const TokenSequence got =
        open({{"vocab.txt", kVocabulary}, {"tokenizer_config.json", config}}).encode("the", "cat");
    EXPECT_EQ(got.segment_ids, (std::vector<int32_t>{0, 0, 0, 0, 0}));
    EXPECT_EQ(got.sentences, (std::vector<int32_t>{0, 0, 0, 1, 1}));
  }
}

TEST(TokenizerInputs, OtherTokenizersAreRefusedByName) {
  const auto with = [](const std::string& config) {
    return refusal({{"vocab.txt", kVocabulary}, {"tokenizer_config.json", config}});
  };
  for (const char* name :
       {"BertJapaneseTokenizer", "BertweetTokenizer", "FunnelTokenizer", "SplinterTokenizer"}) {
    const std::string said = with(std::string(R"({"tokenizer_class": ")") + name + "\"}");
    EXPECT_NE(said.find(name), std::string::npos) << said;
  }
  EXPECT_NE(with(R"({"subword_tokenizer_type": "character"})").find("subword_tokenizer_type"),
            std::string::npos);
  EXPECT_NE(refusal({{"vocab.txt", kVocabulary},
                     {"config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})"}})
                .find("BertJapaneseTokenizer"),
            std::string::npos);
  EXPECT_NE(refusal({{"tokenizer.json",
                      R"({"model": {"type": "WordLevel", "vocab": {"a": 0}},
                          "pre_tokenizer": {"type": "UnicodeScripts"}})"}})
                .find("UnicodeScripts"),
            std::string::npos);
}

// Of tokenizer.json and its neighbours: vocab.txt does not count beside it.
TEST(TokenizerInputs, TokenizerJsonRules) {
  const std::string file = R"({"version": "1.0", "truncation": {"max_length": 4},
      "padding": {"strategy": {"Fixed": 128}},
      "added_tokens": [{"id": 1, "content": "[UNK]", "special": true},
                       {"id": 5, "content": "[X]", "special": true, "lstrip": true}],
      "normalizer": {"type": "BertNormalizer", "lowercase": false},
      "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
      "decoder": {"type": "WordPiece"},
      "model": {"type": "WordPiece", "unk_token": "[UNK]",
                "vocab": {"[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "The": 0, "cat": 4}}})";
  const Files fast = {
      {"tokenizer.json", file},
      {"vocab.txt", kVocabulary},
      {"tokenizer_config.json", R"({"tokenizer_class": "PreTrainedTokenizerFast"})"}};
  EXPECT_EQ(tokens(open(fast), "The cat The  [X] cat"),
            (Tokens{"[CLS]", "The", "cat", "The", "[X]", "cat", "[SEP]"}));
  EXPECT_EQ(open(fast).encode("The  [X]").offsets[2], (Range{3, 8}));
  // The class BertTokenizer of transformers sets what its settings say.
  Files bert = fast;
  bert["tokenizer_config.json"] =
      R"({"tokenizer_class": "BertTokenizerFast", "do_lower_case": true})";
  EXPECT_EQ(tokens(open(bert), "The cat"), (Tokens{"[CLS]", "[UNK]", "cat", "[SEP]"}));
  EXPECT_EQ(open(bert).notes().size(), 1u);
}

// transformers 5.24 builds the tokenizer of the class BertTokenizer without these parts, 4.57 with.
TEST(TokenizerInputs, PartsThatTheClassWouldNotHaveAreNoted) {
  const auto note = [](const std::string& part, const std::string& other) {
    std::string file = R"({"normalizer": {"type": "BertNormalizer", "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
          "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
        "model": {"type": "WordPiece", "unk_token": "[UNK]",
                  "vocab": {"[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "the": 0, "cat": 4}}})";
    const size_t standard = file.find("\"post_processor\""), end = file.find("\"model\"");
    if (part != "post_processor") {
      file.replace(standard, end - standard,
                   R"("post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3],
                      "cls": ["[CLS]", 2]}, )");
      if (!part.empty()) file.replace(file.find(part), part.size(), other);
    }
    const Tokenizer tokenizer =
        open({{"tokenizer.json", file},
              {"tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})"}});
    return tokenizer.notes().empty() ? "" : tokenizer.notes()[0];
  };
  EXPECT_EQ(note("", ""), "");
  const std::pair<const char*, const char*> others[] = {
      {R"("lowercase": true)", R"("strip_accents": false)"},
      {"BertPreTokenizer", "WhitespaceSplit"},
      {R"("unk_token": "[UNK]")", R"("unk_token": "[UNK]", "max_input_chars_per_word": 2)"},
      {"post_processor", ""}};
  const char* const names[] = {": normalizer not", ": pre_tokenizer not", ": model not",
                               ": post_processor not"};
  for (size_t i = 0; i < std::size(others); ++i) {
    const std::string said = note(others[i].first, others[i].second);
    EXPECT_NE(said.find(names[i]), std::string::npos) << said;
  }
}

// A mark before the first part alone: a part is the first that begins with the text's first
// character, which a normalizer may have taken. Expected: tokenizers 0.23.3.
TEST(TokenizerInputs, TheFirstPartBeginsWithTheText) {
  const auto ids = [](const std::string& normalizer, const std::string& text) {
    const std::string json = R"({"model": {"type": "BPE", "vocab": {"a": 0, "▁": 1, "▁a": 2},
        "merges": ["▁ a"]}, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
        "prepend_scheme": "first"}, "normalizer": {"type": ")" +
                             normalizer + "\"}}";
    return open({{"tokenizer.json", json}}).encode(text).ids;
  };
  EXPECT_EQ(ids("StripAccents", "a"), (std::vector<int32_t>{2}));
  EXPECT_EQ(ids("StripAccents", "\u0301a"), (std::vector<int32_t>{0}));
  EXPECT_EQ(ids("Strip", " a"), (std::vector<int32_t>{0}));
  EXPECT_EQ(ids("Strip", " a a"), (std::vector<int32_t>{0, 2}));
}

}  // namespace
}  // namespace headscope
