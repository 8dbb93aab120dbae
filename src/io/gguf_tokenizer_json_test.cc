// What text these files make of a text is compared in src/text, with the goldens' token lists.
#include "io/gguf_tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "headscope/error.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;

GgufTokenizer read(const std::string& model) {
  const auto parts =
      open_gguf_parts(source_dir() + "/tests/golden/gguf/models/" + model + "/model.gguf");
  return *read_gguf_tokenizer(parts[0].content);
}

std::string error_of(const GgufTokenizer& tokenizer) {
  try {
    gguf_tokenizer_files(tokenizer);
    return "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
}

TEST(GgufTokenizerJson, RefusesWhatItDoesNotKnow) {
  GgufTokenizer llama = read("llama-f16");
  llama.pre = "tekken";
  EXPECT_THAT(error_of(llama),
              AllOf(HasSubstr("tokenizer.ggml.pre is tekken"),
                    HasSubstr("gpt-2, smollm, llama-bpe, qwen2"), HasSubstr("--tokenizer DIR")));
  llama.pre.reset();
  EXPECT_THAT(error_of(llama), HasSubstr("tokenizer.ggml.pre is not there"));
  llama = read("llama-f16");
  llama.model = "rwkv";
  EXPECT_THAT(error_of(llama), HasSubstr("tokenizer.ggml.model is rwkv"));
  llama = read("llama-f16");
  llama.tokens[5] = "\xff";
  EXPECT_THAT(error_of(llama), HasSubstr("UTF-8"));
  llama = read("llama-f16");
  llama.merges[3] = "joined";
  EXPECT_THAT(error_of(llama), HasSubstr("'joined'"));
  GgufTokenizer gemma = read("gemma3-f16");
  gemma.scores.clear();
  EXPECT_THAT(error_of(gemma), HasSubstr("tokenizer.ggml.scores"));
  GgufTokenizer bert = read("bert-f16");
  bert.bos.reset();
  EXPECT_THAT(error_of(bert), HasSubstr("bos_token_id"));
}

// The word pieces of the golden's own token list.
TEST(GgufTokenizerJson, RestoresWordPiecesAndTheirTemplate) {
  const Json json = parse_json(gguf_tokenizer_files(read("bert-f16")).tokenizer, "tokenizer.json");
  const Json& vocabulary = json.at("model").at("vocab");
  for (const auto& [token, id] :
       {std::pair{"[CLS]", 2}, {"have", 373}, {"12", 576}, {"##le", 175}}) {
    EXPECT_EQ(vocabulary.value(token, -1), id) << token;
  }
  EXPECT_EQ(json.at("post_processor").at("pair").size(), 5u);
  EXPECT_EQ(json.at("added_tokens").at(4).at("content"), "[MASK]");
}

// Scores of sentencepiece become an order of merges: a better joined token is merged earlier.
TEST(GgufTokenizerJson, OrdersMergesByTheJoinedTokensScore) {
  const GgufTokenizer gemma = read("gemma3-f16");
  const Json json = parse_json(gguf_tokenizer_files(gemma).tokenizer, "tokenizer.json");
  std::map<std::string, float> scores;
  for (size_t id = 0; id < gemma.tokens.size(); ++id) scores[gemma.tokens[id]] = gemma.scores[id];
  const Json& merges = json.at("model").at("merges");
  ASSERT_GT(merges.size(), 200u);
  float before = std::numeric_limits<float>::infinity();
  for (const Json& merge : merges) {
    const auto joined = merge.at(0).get<std::string>() + merge.at(1).get<std::string>();
    ASSERT_TRUE(scores.contains(joined)) << joined;
    EXPECT_LE(scores[joined], before);
    before = scores[joined];
  }
}

}  // namespace
}  // namespace headscope
