// Tokenizers of GGUF files against the models' own (tests/golden/gguf/README.md).
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "headscope/tokenizer.h"
#include "io/gguf_model.h"
#include "io/gguf_tokenizer_json.h"
#include "test_paths.h"

namespace headscope {
namespace {

using nlohmann::json;

TEST(GgufTokenizer, EqualsTheModelsOwnTokenizerOnEveryLine) {
  for (const char* name : {"bert-f16", "gemma3-f16", "gpt2-f16", "llama-f16", "llama-q8_0",
                           "qwen2-f16", "qwen3-f16"}) {
    const std::string folder = source_dir() + "/tests/golden/gguf/models/" + name;
    const GgufModel model = open_gguf(folder + "/model.gguf");
    ASSERT_TRUE(model.tokenizer) << name;
    TokenizerOptions options;
    options.max_positions = 1 << 20;
    const GgufTokenizerFiles made = gguf_tokenizer_files(*model.tokenizer);
    const TokenizerFiles files{folder, [&](const std::string& file) -> std::optional<std::string> {
                                 if (file == "tokenizer.json") return made.tokenizer;
                                 if (file == "tokenizer_config.json") return made.config;
                                 return std::nullopt;
                               }};
    const Tokenizer tokenizer = Tokenizer::open(files, options);
    std::ifstream lines(folder + "/tokenizer_lines.jsonl");
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      const json want = json::parse(line);
      // A text that holds the mark itself is ambiguous in sentencepiece's vocabularies
      // (tests/golden/gguf/README.md).
      if (want.contains("llama_cpp_ids") &&
          want["text"].get<std::string>().find("\xE2\x96\x81") != std::string::npos) {
        continue;
      }
      TokenizeOptions how;
      how.allow_empty = true;
      const TokenSequence got = tokenizer.encode(want["text"].get<std::string>(), {}, how);
      EXPECT_EQ(json(got.ids), want["ids"]) << name << want["id"] << want["text"];
      json offsets = json::array();
      for (const Range range : got.offsets) offsets.push_back({range.begin, range.end});
      EXPECT_EQ(offsets, want["byte_offsets"]) << name << want["id"] << want["text"];
    }
    EXPECT_EQ(count, 15) << name;
  }
}

}  // namespace
}  // namespace headscope
