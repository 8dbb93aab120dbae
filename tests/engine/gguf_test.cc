// GGUF files against the reference's outputs: the golden models, and files written from the small
// checkpoints, which have those checkpoints' goldens.
#include <gtest/gtest.h>

#include "goldens.h"
#include "headscope/model.h"
#include "loaded_model.h"
#include "test_paths.h"

namespace headscope {
namespace {

struct GgufCase {
  std::string file;    // below the project
  std::string golden;  // the folder of its goldens, below tests/golden
};
void PrintTo(const GgufCase& one, std::ostream* out) { *out << one.file; }

std::vector<GgufCase> gguf_cases() {
  std::vector<GgufCase> cases;
  for (const char* name : {"bert-f16", "gemma3-f16", "gpt2-f16", "llama-f16", "llama-q8_0",
                           "qwen2-f16", "qwen3-f16"}) {
    const std::string folder = std::string("gguf/models/") + name;
    cases.push_back({"tests/golden/" + folder + "/model.gguf", folder});
  }
  // llama3: rope_freqs.weight; phi3-longrope: rope_factors_long.weight and …_short.weight.
  for (const char* name : {"gemma2", "mistral", "phi3", "llama3", "phi3-longrope"}) {
    cases.push_back(
        {std::string("tests/data/gguf/") + name + ".gguf", std::string("tiny/") + name});
  }
  return cases;
}

class GgufFiles : public testing::TestWithParam<GgufCase> {};

TEST_P(GgufFiles, AttentionAndHiddenStates) {
  const ModelSource source(source_dir() + "/" + GetParam().file);
  LoadedModel model(source);
  const std::string folder = golden_path(GetParam().golden);
  const GoldenFile golden(folder + "/goldens.safetensors");
  double attention = 0, hidden = 0;
  size_t cases = 0;
  for (; golden.has("case" + std::to_string(cases) + ".attentions"); ++cases) {
    const std::string key = "case" + std::to_string(cases);
    std::vector<LoadedModel::Text> texts(1);
    texts[0].ids = golden.ids(key + ".input_ids");
    if (golden.has(key + ".token_type_ids")) {
      texts[0].segments = golden.ids(key + ".token_type_ids");
    }
    model.run(texts);
    std::vector<float> maps;
    for (const auto& map : texts[0].maps) maps.insert(maps.end(), map.begin(), map.end());
    attention = std::max(attention, max_difference(maps, golden.floats(key + ".attentions")));
    hidden =
        std::max(hidden, max_difference(texts[0].hidden, golden.floats(key + ".hidden_states")));
  }
  EXPECT_GE(cases, 2u);
  expect_within("attention", attention, 1e-5);
  expect_within("hidden states", hidden, 2e-4);
}

TEST(GgufModelInfo, NamesTheKindOfFileAndItsQuantisation) {
  const auto model = open_model(golden_path("gguf/models/llama-q8_0/model.gguf"),
                                {.name = "", .fingerprint = false});
  EXPECT_EQ(model->runner().model().file_kind, "gguf");
  EXPECT_EQ(model->runner().model().quantisation, "Q8_0");
  const auto bert = open_model(golden_path("tiny/bert-bin"), {.name = "", .fingerprint = false});
  EXPECT_EQ(bert->runner().model().file_kind, "pytorch");
  EXPECT_EQ(bert->runner().model().quantisation, "");
}

INSTANTIATE_TEST_SUITE_P(Goldens, GgufFiles, testing::ValuesIn(gguf_cases()));

}  // namespace
}  // namespace headscope
