// Against checkpoints that TensorFlow itself wrote (tests/data/tensorflow/README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/crc32c.h"
#include "io/fingerprint.h"
#include "io/stores.h"
#include "io/tensorflow_names.h"
#include "io/test_folder.h"
#include "io/weight_store.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::HasSubstr;
const std::string kSource = source_dir();
const std::string kCheckpoint = kSource + "/tests/data/tensorflow/checkpoint";
const std::string kSavedModel = kSource + "/tests/data/tensorflow/saved_model";

// RFC 3720, appendix B.4, and the check value of the CRC catalogue ("123456789").
TEST(Crc32c, EqualsTheStandardsExamples) {
  std::vector<std::byte> ascending(32);
  for (size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43U);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
  const char digits[] = "123456789";
  EXPECT_EQ(crc32c(std::as_bytes(std::span(digits, 9))), 0xe3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(TensorFlowNames, TranslateToHuggingFace) {
  struct Row {
    const char* tensorflow;
    const char* hugging_face;  // null: no weight of BERT
    bool transpose = false;
  };
  const Row rows[] = {
      {"bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings.weight"},
      {"module/bert/embeddings/LayerNorm/gamma", "bert.embeddings.LayerNorm.weight"},
      {"bert/embeddings/LayerNorm/beta", "bert.embeddings.LayerNorm.bias"},
      {"bert/encoder/layer_11/attention/self/query/kernel",
       "bert.encoder.layer.11.attention.self.query.weight", true},
      {"bert/encoder/layer_0/output/dense/bias", "bert.encoder.layer.0.output.dense.bias"},
      {"bert/pooler/dense/kernel", "bert.pooler.dense.weight", true},
      {"module/cls/predictions/output_bias", "cls.predictions.bias"},
      {"cls/predictions/transform/dense/kernel", "cls.predictions.transform.dense.weight", true},
      {"cls/seq_relationship/output_weights", "cls.seq_relationship.weight"},
      {"cls/seq_relationship/output_bias", "cls.seq_relationship.bias"},
      {"global_step", nullptr},
      {"bert/pooler/dense/kernel/adam_m", nullptr},
      {"output_weights", nullptr},
      {"bert/", nullptr},
      {"", nullptr},
  };
  for (const Row& row : rows) {
    const auto translated = translate_tensorflow_name(row.tensorflow);
    ASSERT_EQ(translated.has_value(), row.hugging_face != nullptr) << row.tensorflow;
    if (!translated) continue;
    EXPECT_EQ(translated->name, row.hugging_face);
    EXPECT_EQ(translated->transpose, row.transpose) << row.tensorflow;
  }
}

void expect_equal(const WeightStore& store, const std::string& safetensors_path) {
  const std::string bytes = read_file(safetensors_path);
  const SafetensorsView expected(std::as_bytes(std::span(bytes)), safetensors_path);
  EXPECT_EQ(store.names().size(), expected.tensors().size());
  for (const TensorEntry& entry : expected.tensors()) {
    ASSERT_NE(store.shape(entry.name), nullptr) << entry.name;
    EXPECT_EQ(*store.shape(entry.name), entry.shape) << entry.name;
    // Twice, since drop_pages() between takes converted copies away.
    for (int pass = 0; pass < 2; ++pass) {
      const float* data = store.data(entry.name);
      EXPECT_EQ(std::memcmp(data, entry.data, static_cast<size_t>(entry.bytes)), 0) << entry.name;
      store.drop_pages(entry.name);
    }
  }
}

TEST(TensorFlowStore, GivesHuggingFacesTensors) {
  const std::string golden = kSource + "/tests/golden/tiny/bert-pretraining";
  const auto checkpoint = open_weights(kCheckpoint);
  expect_equal(*checkpoint, golden + "/model.safetensors");
  EXPECT_EQ(fingerprint(*checkpoint), fingerprint(*open_weights(golden)));
  expect_equal(*open_weights(kSavedModel),
               kSource + "/tests/data/tensorflow/saved_model.expected.safetensors");
}

TEST(TensorFlowStore, IsAbsentWhereThereIsNoIndex) {
  EXPECT_EQ(open_tensorflow(kSource + "/tests/golden/tiny/bert-mlm"), nullptr);
}

// Opens a checkpoint of these bytes and reads every tensor; the error's text, empty where none.
std::string read_all(const std::string& folder) {
  try {
    const auto store = open_tensorflow(folder);
    if (!store) return "null";
    for (const std::string& name : store->names()) store->data(name);
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
    return error.what();
  }
}

TEST(TensorFlowStore, RefusesEveryCutAndEveryFlippedBitOfTheIndex) {
  const TestFolder folder;
  const std::string index = read_file(kSavedModel + "/variables/variables.index");
  std::filesystem::create_symlink(kSavedModel + "/variables/variables.data-00000-of-00001",
                                  folder.path("c.data-00000-of-00001"));
  for (size_t size = 0; size < index.size(); ++size) {
    folder.write("c.index", index.substr(0, size));
    ASSERT_THAT(read_all(folder.path()), HasSubstr("c.index")) << size;
  }
  // What no checksum covers and no reader needs: the meta-index block, its handle, the padding.
  const size_t data_and_index = index.size() - 48;
  int accepted = 0;
  for (size_t i = 0; i < index.size(); ++i) {
    std::string damaged = index;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    folder.write("c.index", damaged);
    const bool good = read_all(folder.path()).empty();
    accepted += good;
    if (good) {
      EXPECT_GT(i, data_and_index - 100) << i;
    }
  }
  EXPECT_LT(accepted, 70);
}

TEST(TensorFlowStore, RefusesDamagedData) {
  const TestFolder folder;
  const std::string data = read_file(kSavedModel + "/variables/variables.data-00000-of-00001");
  const std::string name = "c.data-00000-of-00001";
  folder.write("c.index", read_file(kSavedModel + "/variables/variables.index"));
  EXPECT_THAT(read_all(folder.path()), HasSubstr(name + ", which is not there"));
  std::string damaged = data;
  damaged[data.size() / 2] = static_cast<char>(damaged[data.size() / 2] ^ 1);
  folder.write(name, damaged);
  EXPECT_THAT(read_all(folder.path()), HasSubstr("does not have its checksum"));
  folder.write(name, data.substr(0, data.size() - 1));
  EXPECT_THAT(read_all(folder.path()), HasSubstr("a data file that holds it"));
  folder.write(name, data);
  EXPECT_EQ(read_all(folder.path()), "");
}

TEST(TensorFlowStore, NeedsOneCheckpointInAFolder) {
  const TestFolder folder;
  const std::string index = read_file(kSavedModel + "/variables/variables.index");
  for (const char* stem : {"model.ckpt-10", "model.ckpt-20"}) {
    folder.write(std::string(stem) + ".index", index);
    std::filesystem::create_symlink(kSavedModel + "/variables/variables.data-00000-of-00001",
                                    folder.path(std::string(stem) + ".data-00000-of-00001"));
  }
  EXPECT_THAT(read_all(folder.path()), HasSubstr("several checkpoints"));
  folder.write("checkpoint", "model_checkpoint_path: \"/elsewhere/model.ckpt-10\"\n");
  EXPECT_EQ(read_all(folder.path()), "");
  EXPECT_THAT(open_tensorflow(folder.path())->source(), HasSubstr("model.ckpt-10.index"));
}

}  // namespace
}  // namespace headscope
