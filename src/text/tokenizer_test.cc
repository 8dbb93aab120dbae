// Against the reference fast tokenizer (tests/golden/tokenizers/README.md).
#include "headscope/tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "test_paths.h"
#include "text/normalise.h"

namespace headscope {
namespace {

using nlohmann::json;

const std::string kRoot = source_dir();
const std::string kGolden = kRoot + "/tests/golden/tokenizers/";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_TRUE(in) << path;
  return out.str();
}

std::vector<json> read_lines(const std::string& path) {
  std::ifstream in(path);
  std::vector<json> out;
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
  return out;
}

const Tokenizer& bert() {
  static const Tokenizer tokenizer(read_file(kGolden + "vocab.txt"), {});
  return tokenizer;
}

json offsets_of(const TokenSequence& s) {
  json out = json::array();
  for (const Range r : s.offsets) out.push_back({r.begin, r.end});
  return out;
}

TokenizeOptions mode_options(const std::string& mode) {
  TokenizeOptions options;
  options.lower_case = mode == "uncased";
  options.allow_empty = true;
  return options;
}

TEST(Tokenizer, EqualsTheReferenceOnEveryLine) {
  const auto lines = read_lines(kGolden + "lines.jsonl");
  ASSERT_EQ(lines.size(), 499u);
  for (const json& line : lines) {
    for (const std::string mode : {"uncased", "cased"}) {
      TokenSequence got = bert().encode(line["text"].get<std::string>(), {}, mode_options(mode));
      json want = line[mode];
      const auto inner = [](auto& v) {
        v.erase(v.begin());
        v.pop_back();
      };
      inner(got.tokens), inner(got.ids), inner(got.offsets);
      EXPECT_EQ(json(got.tokens), want["tokens"]) << line["id"] << mode;
      EXPECT_EQ(json(got.ids), want["ids"]) << line["id"] << mode;
      EXPECT_EQ(offsets_of(got), want["byte_offsets"]) << line["id"] << mode;
    }
  }
}

Truncation truncation_of(const json& name) {
  if (name == "longest_first") return Truncation::kLongestFirst;
  if (name == "only_first") return Truncation::kOnlyFirst;
  if (name == "only_second") return Truncation::kOnlySecond;
  return Truncation::kNone;
}

TEST(Tokenizer, EqualsTheReferenceOnEveryPairAndTruncation) {
  const auto pairs = read_lines(kGolden + "pairs.jsonl");
  ASSERT_EQ(pairs.size(), 60u);
  int errors = 0;
  for (const json& pair : pairs) {
    for (const std::string mode : {"uncased", "cased"}) {
      TokenizeOptions options = mode_options(mode);
      options.truncation = truncation_of(pair["truncation"]);
      if (!pair["max_length"].is_null()) options.max_tokens = pair["max_length"];
      const std::string a = pair["text_a"];
      const std::string b = pair["text_b"].is_null() ? "" : pair["text_b"];
      std::optional<std::string_view> second;
      if (!pair["text_b"].is_null()) second = b;
      const json& want = pair[mode];
      if (want.contains("error")) {
        ++errors;
        EXPECT_THROW(bert().encode(a, second, options), Error) << pair["id"];
        continue;
      }
      const TokenSequence got = bert().encode(a, second, options);
      EXPECT_EQ(json(got.tokens), want["tokens"]) << pair["id"] << mode;
      EXPECT_EQ(json(got.ids), want["ids"]) << pair["id"] << mode;
      EXPECT_EQ(json(got.segment_ids), want["token_type_ids"]) << pair["id"] << mode;
      EXPECT_EQ(offsets_of(got), want["byte_offsets"]) << pair["id"] << mode;
      for (size_t i = 0; i < got.tokens.size(); ++i) {
        EXPECT_EQ(got.special[i] == 1, want["sequence"][i].is_null());
        EXPECT_EQ(got.words[i] == -1, want["sequence"][i].is_null());
      }
    }
  }
  EXPECT_EQ(errors, 14);  // 7 records, both modes
}

// Words that 'a' + c + 'b' gives by the table's class, joined by '|'.
std::string expected_words(const std::string& kind, char32_t code, const json& maps) {
  std::string c;
  append_utf8(c, code);
  if (kind == "drop") return "ab";
  if (kind == "space") return "a|b";
  if (kind == "keep") return "a" + c + "b";
  if (kind == "split") return "a|" + c + "|b";
  char hex[8];
  std::snprintf(hex, sizeof hex, "%04X", static_cast<unsigned>(code));
  if (kind == "map") return "a" + maps.at(hex).get<std::string>() + "b";
  if (kind == "split-map") return maps.at(hex);
  EXPECT_EQ(kind, "hangul-nfd");
  std::string jamo = "a";
  const char32_t index = code - 0xAC00;
  append_utf8(jamo, 0x1100 + index / 588);
  append_utf8(jamo, 0x1161 + index % 588 / 28);
  if (index % 28) append_utf8(jamo, 0x11A7 + index % 28);
  return jamo + "b";
}

TEST(Tokenizer, CutsEveryUnicodeScalarAsTheReferenceDoes) {
  const json data = json::parse(read_file(kRoot + "/data/unicode/bert-codepoints.json"));
  int64_t checked = 0;
  for (const std::string mode : {"uncased", "cased"}) {
    for (const json& run : data[mode]["runs"]) {
      const std::string kind = run[2];
      const auto first = static_cast<char32_t>(std::stoul(run[0].get<std::string>(), nullptr, 16));
      const auto last = static_cast<char32_t>(std::stoul(run[1].get<std::string>(), nullptr, 16));
      for (char32_t code = first; code <= last; ++code) {
        std::string text = "a", got;
        append_utf8(text, code);
        text += "b";
        for_each_word(text, {0, static_cast<int64_t>(text.size())}, mode == "uncased",
                      [&](const Word& w) { got += (got.empty() ? "" : "|") + w.text; });
        ASSERT_EQ(got, expected_words(kind, code, data[mode]["maps"])) << mode << uint32_t(code);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 2 * (0x110000 - 0x800));
}

TEST(Tokenizer, ArticlePairHasSentencesSpecialTokensAndWords) {
  const TokenSequence s =
      bert().encode("I went to the store.", "At the store, I bought fresh strawberries.");
  ASSERT_EQ(s.size(), 19);
  EXPECT_EQ(s.words, (std::vector<int32_t>{-1, 0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11, 12, 13, 13,
                                           14, -1}));
  EXPECT_EQ(s.special,
            (std::vector<uint8_t>{1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(s.sentences, s.segment_ids);
  EXPECT_EQ(s.segment_ids[7], 0);
  EXPECT_EQ(s.segment_ids[18], 1);
  EXPECT_EQ(bert().decode(s.ids),
            "i went to the store. at the store, i bought fresh strawberries.");
}

TEST(Tokenizer, TypedSpecialTokensAreWords) {
  const TokenSequence s = bert().encode("a [MASK] b");
  EXPECT_EQ(s.ids[2], bert().special().mask);
  EXPECT_EQ(s.special[2], 0);
  EXPECT_EQ(s.words[2], 1);
  EXPECT_EQ(s.offsets[2], (Range{2, 8}));
}

TEST(Tokenizer, EmptyTexts) {
  EXPECT_THROW(bert().encode(" \t "), Error);
  const TokenSequence s = bert().encode("a", "");
  EXPECT_EQ(s.tokens, (std::vector<std::string>{"[CLS]", "a", "[SEP]", "[SEP]"}));
  EXPECT_EQ(s.segment_ids, (std::vector<int32_t>{0, 0, 0, 1}));
}

TEST(Tokenizer, InvalidUtf8KeepsOriginalOffsets) {
  const TokenSequence s = bert().encode("bad \xFF\xFE and \xC3( too");
  EXPECT_EQ(s.tokens, (std::vector<std::string>{"[CLS]", "bad", "and", "(", "too", "[SEP]"}));
  EXPECT_EQ(s.offsets[2], (Range{7, 10}));
  EXPECT_EQ(s.offsets[3], (Range{12, 13}));
  EXPECT_FALSE(find_invalid_utf8(s.text_a));
}

struct Refused {
  const char* name;
  std::string text_a;
  std::optional<std::string> text_b;
  Truncation truncation;
  int64_t max_tokens;
  ErrorCode code;
  std::vector<std::string> words;  // that the message holds
};

TEST(Tokenizer, RefusesWithBothNumbers) {
  const Refused cases[] = {
      {"too long", "a b c d e f", {}, Truncation::kNone, 5, ErrorCode::kBadInput, {"8", "5"}},
      {"special tokens alone",
       "a",
       "b",
       Truncation::kLongestFirst,
       2,
       ErrorCode::kBadInput,
       {"5", "2"}},
      {"no B", "a b c d", {}, Truncation::kOnlySecond, 4, ErrorCode::kBadInput, {"6", "4"}},
      {"A too short",
       "a",
       "b c d e f",
       Truncation::kOnlyFirst,
       6,
       ErrorCode::kBadInput,
       {"9", "6"}},
      {"limit above the model", "a", {}, Truncation::kNone, 513, ErrorCode::kUsage, {"513", "512"}},
  };
  for (const Refused& c : cases) {
    TokenizeOptions options;
    options.truncation = c.truncation;
    options.max_tokens = c.max_tokens;
    std::optional<std::string_view> b;
    if (c.text_b) b = *c.text_b;
    try {
      bert().encode(c.text_a, b, options);
      ADD_FAILURE() << c.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), c.code) << c.name;
      for (const std::string& word : c.words) {
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
      }
    }
  }
}

TEST(Tokenizer, RefusesBrokenVocabularies) {
  const std::string special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
  EXPECT_THROW(Tokenizer("", {}), Error);
  EXPECT_THROW(Tokenizer("\n\n", {}), Error);
  EXPECT_THROW(Tokenizer(special, {}), Error);  // no [MASK]
  EXPECT_THROW(Tokenizer(special + "[MASK]\n\xFF\n", {}), Error);
  EXPECT_NO_THROW(Tokenizer(special + "[MASK]\r\n", {}));
}

}  // namespace
}  // namespace headscope
