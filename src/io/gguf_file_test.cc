#include "io/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "format/json.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/gguf_model.h"
#include "io/test_folder.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::HasSubstr;
const std::string kGguf = source_dir() + "/tests/golden/gguf/";

// The reference is gguf.quants.dequantize (golden README); equal in every bit.
TEST(GgufFile, DequantisesEveryTypeAsTheReference) {
  const Json cases = parse_json_file(kGguf + "types/cases.json");
  size_t types = 0;
  for (const Json& test : cases.at("cases")) {
    const std::string name = test.at("id");
    const auto parts = open_gguf_parts(kGguf + "types/" + test.at("file").get<std::string>());
    const std::string bytes = read_file(kGguf + "types/" + test.at("expected").get<std::string>());
    const SafetensorsView expected(std::as_bytes(std::span(bytes)), name);
    for (const GgufTensor& tensor : parts[0].content.tensors()) {
      const TensorEntry* entry = expected.find(tensor.name);
      ASSERT_NE(entry, nullptr) << name;
      EXPECT_EQ(tensor.shape, entry->shape) << name;
      EXPECT_EQ(tensor.type->name, name);
      ASSERT_NE(tensor.type->dequantise, nullptr) << name;
      std::vector<float> numbers(static_cast<size_t>(entry->count()));
      tensor.type->dequantise(tensor.bytes.data(), entry->count(), numbers.data());
      EXPECT_EQ(std::memcmp(numbers.data(), entry->data, static_cast<size_t>(entry->bytes)), 0)
          << name << " " << tensor.name;
    }
    ++types;
  }
  EXPECT_EQ(types, 16u);
}

// The cases that opening alone must refuse: all but those whose model would be run.
TEST(GgufFile, RefusesHostileFiles) {
  const Json cases = parse_json_file(kGguf + "bad/cases.json");
  size_t refused = 0;
  for (const Json& test : cases.at("cases")) {
    const std::string id = test.at("id");
    const std::string path = kGguf + "bad/" + test.at("path").get<std::string>();
    if (id == "nan-weights" || id == "non-utf8-name") continue;
    try {
      open_gguf(path);
      ADD_FAILURE() << id << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(test.at("exit_code"), testing::Contains(static_cast<int>(error.code()))) << id;
      for (const std::string word : test.at("must_contain")) {
        EXPECT_THAT(error.what(), HasSubstr(word)) << id;
      }
    }
    ++refused;
  }
  EXPECT_EQ(refused, 26u);
}

TEST(GgufFile, ReadsALabelThatIsNotUtf8) {
  EXPECT_EQ(open_gguf(kGguf + "bad/non-utf8-name.gguf").name, "caf\xef\xbf\xbd \xef\xbf\xbd");
}

TEST(GgufFile, RefusesEveryCutOffFile) {
  const std::string whole = read_file(kGguf + "bad/_good.gguf");
  const std::span<const std::byte> bytes = std::as_bytes(std::span(whole));
  GgufFile(bytes, "F.gguf");
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_THROW(GgufFile(bytes.first(size), "F.gguf"), Error) << size;
  }
}

// A changed byte gives an error or another file, never a crash (the sanitizers run this too).
TEST(GgufFile, SurvivesEveryChangedByteOfItsHeader) {
  const std::string whole = read_file(kGguf + "bad/_good.gguf");
  constexpr size_t kHeader = 6000;
  size_t refused = 0;
  for (size_t at = 0; at < kHeader; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(~changed[at]);
    try {
      const GgufFile file(std::as_bytes(std::span(changed)), "F.gguf");
      EXPECT_FALSE(file.tensors().empty() && file.metadata().empty());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      ++refused;
    }
  }
  EXPECT_GT(refused, kHeader / 10);
}

TEST(GgufFile, RefusesValuesOfAnotherKind) {
  const auto parts = open_gguf_parts(kGguf + "bad/_good.gguf");
  const GgufFile& file = parts[0].content;
  EXPECT_EQ(file.integer("llama.attention.head_count"), 4);
  EXPECT_EQ(file.text("general.architecture"), "llama");
  EXPECT_EQ(file.integer("no.such.key"), std::nullopt);
  EXPECT_TRUE(file.texts("no.such.key").empty());
  EXPECT_THROW(file.integer("general.architecture"), Error);
  EXPECT_THROW(file.text("llama.attention.head_count"), Error);
  EXPECT_THROW(file.boolean("llama.attention.head_count"), Error);
  EXPECT_THROW(file.texts("llama.attention.head_count"), Error);
  EXPECT_THROW(file.integers("tokenizer.ggml.tokens"), Error);
  EXPECT_THROW(file.numbers("tokenizer.ggml.tokens"), Error);
}

// ---- files written here, from ggml's docs/gguf.md ----------------------------------------------

std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}
std::string string(const std::string& text) { return little_endian(text.size(), 8) + text; }
std::string pair(const std::string& key, uint32_t type, const std::string& value) {
  return string(key) + little_endian(type, 4) + value;
}
struct TinyTensor {
  std::string name;
  float number;
};
// Version 2, alignment 64, tensors of one float32.
std::string tiny_file(const std::vector<std::string>& pairs, const std::vector<TinyTensor>& tensors,
                      uint32_t version = 2) {
  constexpr size_t kAlignment = 64;
  std::string file = "GGUF" + little_endian(version, 4) + little_endian(tensors.size(), 8) +
                     little_endian(pairs.size() + 1, 8) +
                     pair("general.alignment", 4, little_endian(kAlignment, 4));
  for (const std::string& each : pairs) file += each;
  for (size_t i = 0; i < tensors.size(); ++i) {
    file += string(tensors[i].name) + little_endian(1, 4) + little_endian(1, 8) +
            little_endian(0, 4) + little_endian(kAlignment * i, 8);
  }
  for (const TinyTensor& tensor : tensors) {
    file.resize((file.size() + kAlignment - 1) / kAlignment * kAlignment);
    char bytes[sizeof tensor.number];
    std::memcpy(bytes, &tensor.number, sizeof bytes);
    file.append(bytes, sizeof bytes);
  }
  return file;
}
std::string u16(const std::string& key, uint64_t value) {
  return pair(key, 2, little_endian(value, 2));
}

TEST(GgufFile, ReadsVersion2WithAnotherAlignment) {
  TestFolder folder;
  folder.write("m.gguf", tiny_file({pair("a.number", 11, little_endian(~uint64_t{4}, 8))},
                                   {{"x", 1.5F}, {"y", -2}}));
  const auto parts = open_gguf_parts(folder.path("m.gguf"));
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].content.integer("a.number"), -5);
  float number = 0;
  std::memcpy(&number, parts[0].content.find("y")->bytes.data(), sizeof number);
  EXPECT_EQ(number, -2);
}

TEST(GgufFile, OpensAllPartsOfASplitModel) {
  TestFolder folder;
  const auto part = [&](uint64_t number, const std::vector<TinyTensor>& tensors, uint64_t total) {
    return tiny_file({u16("split.no", number), u16("split.count", 2),
                      pair("split.tensors.count", 5, little_endian(total, 4))},
                     tensors, 3);
  };
  folder.write("m-00001-of-00002.gguf", part(0, {{"x", 1}}, 3));
  folder.write("m-00002-of-00002.gguf", part(1, {{"y", 2}, {"z", 3}}, 3));
  for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}) {
    const auto parts = open_gguf_parts(folder.path(name));
    ASSERT_EQ(parts.size(), 2u) << name;
    EXPECT_NE(parts[0].content.find("x"), nullptr);
    EXPECT_NE(parts[1].content.find("z"), nullptr);
  }
  struct Row {
    const char* defect;
    std::string second;
    const char* must_contain;
  };
  const std::vector<Row> rows = {
      {"the first part twice", part(0, {{"y", 2}, {"z", 3}}, 3), "split.no"},
      {"a tensor twice", part(1, {{"x", 2}, {"z", 3}}, 3), "a second time"},
      {"tensors missing", part(1, {{"y", 2}}, 3), "split.tensors.count"},
      {"not a part", tiny_file({}, {{"y", 2}}), "split.no"},
  };
  for (const Row& row : rows) {
    folder.write("m-00002-of-00002.gguf", row.second);
    try {
      open_gguf_parts(folder.path("m-00001-of-00002.gguf"));
      ADD_FAILURE() << row.defect << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_THAT(error.what(), HasSubstr(row.must_contain)) << row.defect;
    }
  }
  std::filesystem::remove(folder.path("m-00002-of-00002.gguf"));
  EXPECT_THROW(open_gguf_parts(folder.path("m-00001-of-00002.gguf")), Error);
  std::filesystem::rename(folder.path("m-00001-of-00002.gguf"), folder.path("m.gguf"));
  EXPECT_THROW(open_gguf_parts(folder.path("m.gguf")), Error);
}

}  // namespace
}  // namespace headscope
