// A model against itself with the weights of one head rounded: what changes first is that head.
#include "headscope/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "goldens.h"
#include "headscope/model.h"
#include "headscope/output.h"
#include "io/test_folder.h"

namespace headscope {
namespace {

// Rows [first, end) of a weight, rounded to multiples of `step`, in the bytes of a file.
void round_rows(std::string& file, const std::string& tensor, int64_t first, int64_t end,
                float step) {
  const SafetensorsView view(std::as_bytes(std::span(file)), "model.safetensors");
  const TensorEntry* entry = view.find(tensor);
  ASSERT_NE(entry, nullptr) << tensor;
  ASSERT_EQ(entry->dtype, DType::kF32);
  const int64_t width = entry->shape[1];
  char* data = file.data() + (reinterpret_cast<const char*>(entry->data) - file.data());
  for (int64_t i = first * width; i < end * width; ++i) {
    float value = 0;
    std::memcpy(&value, data + i * 4, sizeof value);
    value = std::round(value / step) * step;
    std::memcpy(data + i * 4, &value, sizeof value);
  }
}

TEST(ComparisonOfModels, ARoundedHeadIsFirstInItsLayer) {
  struct Row {
    const char *model, *query;  // name of a layer's query weight
    int layer, head;
    int64_t width;  // of a head
    std::string text;
  };
  const Row rows[] = {
      {"tiny/llama", "model.layers.1.self_attn.q_proj.weight", 1, 2, 16, "I went to the store."},
      {"tiny/bert-mlm", "bert.encoder.layer.1.attention.self.query.weight", 1, 3, 12,
       "I went to the store."}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.model);
    const TestFolder folder;
    const std::filesystem::path copy = std::filesystem::path(folder.path()) / "rounded";
    std::filesystem::copy(golden_path(row.model), copy);
    std::string file = read_file(golden_path(std::string(row.model) + "/model.safetensors"));
    round_rows(file, row.query, row.head * row.width, (row.head + 1) * row.width, 0.02f);
    write_file_atomically((copy / "model.safetensors").string(), file);

    const auto trace_of = [&](const std::string& directory) {
      const std::unique_ptr<Model> model = open_model(directory);
      const TokenSequence text = model->runner().tokenize(row.text, {}, {});
      return model->runner().trace(std::span(&text, 1), {}, {}).at(0);
    };
    const auto left = trace_of(golden_path(row.model)), right = trace_of(copy.string());
    const Comparison found = compare_sources(*left, *right);
    bool first = true;
    for (const HeadDifference& head : found.heads) {
      if (head.id.layer < row.layer) {
        EXPECT_EQ(head.js, 0) << to_string(head.id) << ": an earlier layer knows nothing of it";
      }
      if (head.id.layer != row.layer) continue;
      if (first) {
        EXPECT_EQ(head.id.head, row.head) << "first in its layer";
        EXPECT_GT(head.js, 0);
      } else {
        EXPECT_EQ(head.js, 0) << to_string(head.id) << ": another head of the layer";
      }
      first = false;
    }
  }
}

}  // namespace
}  // namespace headscope
