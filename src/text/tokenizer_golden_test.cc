// Every kind of tokenizer against the reference: the tokenizer_lines.jsonl of tests/golden/tiny,
// from tokenizer.json and from the older files beside it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "headscope/tokenizer.h"
#include "test_paths.h"

namespace headscope {
namespace {

using nlohmann::json;

struct Golden {
  const char* folder;
  size_t lines;
  bool older;  // the same tokens without tokenizer.json
};

// The older files of mistral and phi3 make other tokens around added tokens; marian has no
// tokenizer.json.
constexpr Golden kGoldens[] = {
    {"albert", 120, true},      {"bart", 120, false},      {"bert-cased", 120, true},
    {"bert-mlm", 120, true},    {"bloom", 40, false},      {"gemma3", 40, true},
    {"gpt2", 120, true},        {"gpt_neox", 120, false},  {"gpt_oss", 40, false},
    {"llama", 120, true},       {"marian", 120, true},     {"mistral", 40, false},
    {"modernbert", 120, false}, {"mpnet", 120, true},      {"opt", 40, true},
    {"phi3", 40, false},        {"qwen2", 120, true},      {"roberta", 120, true},
    {"t5", 120, true},          {"xlm-roberta", 40, false}};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.folder; }

TokenizerFiles files_of(const std::string& folder, bool without_json) {
  const std::string directory = source_dir() + "/tests/golden/tiny/" + folder;
  return {directory, [=](const std::string& name) -> std::optional<std::string> {
            if (without_json && name == "tokenizer.json") return std::nullopt;
            std::ifstream in(directory + "/" + name, std::ios::binary);
            if (!in) return std::nullopt;
            std::ostringstream out;
            out << in.rdbuf();
            return out.str();
          }};
}

void check_lines(const Golden& golden, bool without_json) {
  TokenizerOptions options;
  options.max_positions = 1 << 20;
  const TokenizerFiles files = files_of(golden.folder, without_json);
  const Tokenizer tokenizer = Tokenizer::open(files, options);
  std::istringstream lines(files.read("tokenizer_lines.jsonl").value());
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json want = json::parse(line);
    TokenizeOptions how;
    how.allow_empty = true;
    const TokenSequence got = tokenizer.encode(want["text"].get<std::string>(), {}, how);
    EXPECT_EQ(json(got.ids), want["ids"]) << want["id"] << want["text"];
    if (!want.contains("byte_offsets")) continue;  // marian: ids alone
    json offsets = json::array();
    for (const Range range : got.offsets) offsets.push_back({range.begin, range.end});
    EXPECT_EQ(offsets, want["byte_offsets"]) << want["id"] << want["text"];
  }
  EXPECT_EQ(count, golden.lines);
}

class TokenizerGolden : public testing::TestWithParam<Golden> {};

TEST_P(TokenizerGolden, EveryLineIsTheReferences) { check_lines(GetParam(), false); }
TEST_P(TokenizerGolden, SoItIsFromTheOlderFiles) {
  if (GetParam().older) check_lines(GetParam(), true);
}

std::string name_of(const testing::TestParamInfo<Golden>& golden) {
  std::string name = golden.param.folder;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerGolden, testing::ValuesIn(kGoldens), name_of);

}  // namespace
}  // namespace headscope
