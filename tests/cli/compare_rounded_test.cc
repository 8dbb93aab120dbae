// A model against itself with one head's query weights rounded: of the layer's heads only that one
// differs, and the layers below do not.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "headscope/safetensors.h"
#include "io/test_folder.h"
#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

constexpr int kLayer = 1, kHead = 2;

// tests/golden/tiny/llama with the rows of the head's query projection rounded to sixteenths.
void write_rounded(const std::string& model, const TestFolder& folder) {
  constexpr size_t kRows = 16;  // head_dim of its config.json
  std::ifstream file(model + "/model.safetensors", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const SafetensorsView view(std::as_bytes(std::span(bytes)), model);
  const std::string rounded = "model.layers." + std::to_string(kLayer) + ".self_attn.q_proj.weight";
  std::vector<std::vector<float>> values;
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& entry : view.tensors()) {
    values.push_back(to_float(entry));
    if (entry.name != rounded) continue;
    const auto width = static_cast<size_t>(entry.shape[1]);
    for (size_t i = kHead * kRows * width; i < (kHead + 1) * kRows * width; ++i) {
      values.back()[i] = std::round(values.back()[i] * 16) / 16;
    }
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const TensorEntry& entry = view.tensors()[i];
    tensors.push_back({entry.name, DType::kF32, entry.shape, values[i].data()});
  }
  write_safetensors_file(folder.path("model.safetensors"), tensors);
  for (const char* name : {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
    std::filesystem::copy_file(model + "/" + name, folder.path(name));
  }
}

TEST(Compare, OneHeadsRoundedWeightsShowInItAlone) {
  const TestFolder folder;
  const std::string model = source_dir() + "/tests/golden/tiny/llama";
  write_rounded(model, folder);
  const Outcome done = run_program({{"compare", "-m", model, "--with-model", folder.path(),
                                     "--json", "The store is on the corner of the street."}});
  ASSERT_EQ(done.exit, 0) << done.err;
  const auto heads = nlohmann::json::parse(done.out)["heads"];
  ASSERT_EQ(heads.size(), 12u);
  for (const auto& head : heads) {
    const double js = head["js"];
    const bool rounded = head["layer"] == kLayer && head["head"] == kHead;
    if (rounded) {
      EXPECT_GT(js, 1e-6);
    } else if (head["layer"] <= kLayer) {
      EXPECT_EQ(js, 0) << head.dump();
    } else {
      EXPECT_GT(js, 0) << head.dump();
    }
  }
}

}  // namespace
}  // namespace headscope::test
