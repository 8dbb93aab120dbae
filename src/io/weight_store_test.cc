#include "io/weight_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/test_folder.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
const std::string kGolden = source_dir() + "/tests/golden/";

TEST(WeightStore, OpensWholeAndShardedCheckpoints) {
  for (const char* folder : {"bert-mlm", "bert-cased", "bert-noprefix", "bert-nsp",
                             "bert-pretraining", "bert-sharded"}) {
    const auto store = open_weights(kGolden + "tiny/" + folder);
    int matrices = 0;
    for (const std::string& name : store->names()) {
      ASSERT_NE(store->shape(name), nullptr);
      if (store->shape(name)->size() == 2) ++matrices;
      ASSERT_NE(store->data(name), nullptr) << name;
      const float before = store->data(name)[0];
      store->drop_pages(name);
      EXPECT_EQ(store->data(name)[0], before) << name;
    }
    EXPECT_GT(matrices, 12) << folder;
    EXPECT_EQ(store->shape("no.such.tensor"), nullptr);
    EXPECT_THROW(store->data("no.such.tensor"), Error);
  }
}

// The rows of tests/golden/bad/cases.json that opening alone must refuse.
TEST(WeightStore, RefusesBrokenCheckpoints) {
  struct Row {
    const char* folder;
    std::vector<std::string> must_contain;
  };
  const std::string query = "bert.encoder.layer.0.attention.self.query.weight";
  const std::vector<Row> rows = {{"truncated-safetensors", {"model.safetensors"}},
                                 {"header-length-beyond-file", {"model.safetensors"}},
                                 {"overlapping-offsets", {"model.safetensors", query}},
                                 {"wrong-dtype", {"model.safetensors", query}},
                                 {"pickle-with-code", {"pytorch_model.bin"}}};
  for (const Row& row : rows) {
    try {
      open_weights(kGolden + "bad/" + row.folder);
      ADD_FAILURE() << row.folder << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << row.folder;
      for (const std::string& text : row.must_contain) EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/pwned-marker"));
}

// One message: the family, what is there, what would be read, what to do.
TEST(WeightStore, SaysWhatAFolderLacks) {
  const auto refusal = [](const std::map<std::string, std::string>& files) {
    const TestFolder folder;
    for (const auto& [name, content] : files) folder.write(name, content);
    try {
      open_weights(folder.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "HS-MODEL-01");
      return std::string(error.what());
    }
    return std::string("taken");
  };
  const std::string config = R"({"model_type": "llama"})";
  EXPECT_THAT(refusal({{"config.json", config}}),
              AllOf(HasSubstr("no weights of the llama model"), HasSubstr("found config.json"),
                    HasSubstr("model.safetensors"), HasSubstr("GGUF")));
  EXPECT_THAT(refusal({{"config.json", config}, {"model.onnx", "x"}}),
              HasSubstr("model.onnx is of the form ONNX"));
  EXPECT_THAT(refusal({{"adapter_config.json", "{}"}, {"adapter_model.safetensors", ""}}),
              HasSubstr("adapter"));
  EXPECT_THAT(refusal({{"modules.json", "[]"}, {"0_Transformer/config.json", config}}),
              HasSubstr("0_Transformer"));
  EXPECT_THAT(refusal({}), HasSubstr("found nothing"));
}

// A row is what the whole tensor has there, in every form that a file keeps numbers in.
TEST(WeightStore, GivesSingleRowsOfATensor) {
  for (const char* model :
       {"tiny/bert-mlm", "tiny/bert-bin", "tiny/bert-sharded", "gguf/models/llama-q8_0/model.gguf",
        "gguf/models/gpt2-f16/model.gguf"}) {
    const auto rows = open_weights(kGolden + model), whole = open_weights(kGolden + model);
    int matrices = 0;
    for (const std::string& name : rows->names()) {
      const std::vector<int64_t>& shape = *rows->shape(name);
      if (shape.size() != 2 || !rows->is_floating(name)) continue;
      ++matrices;
      const int64_t begin = shape[0] / 2, count = std::min<int64_t>(3, shape[0] - begin);
      std::vector<float> some(static_cast<size_t>(count * shape[1]));
      rows->rows(name, begin, count, some.data());
      EXPECT_EQ(std::memcmp(some.data(), whole->data(name) + begin * shape[1],
                            some.size() * sizeof(float)),
                0)
          << model << " " << name;
    }
    EXPECT_GT(matrices, 5) << model;
  }
}

}  // namespace
}  // namespace headscope
