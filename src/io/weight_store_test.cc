#include "io/weight_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "test_paths.h"

namespace headscope {
namespace {

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

}  // namespace
}  // namespace headscope
