#include "headscope/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "format/read_file.h"
#include "headscope/error.h"

namespace headscope {
namespace {

using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string file_of(const std::string& header, size_t data_bytes) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 255);
  return bytes + header + std::string(data_bytes, '\0');
}

TEST(Safetensors, WritesWhatItReads) {
  const std::vector<float> a = {1.5f, -2, 3, 4, 5, 6};
  const std::vector<uint8_t> b = {7, 8, 9};
  const std::string bytes =
      write_safetensors({{"b", DType::kU8, {3}, b.data()}, {"ä/a", DType::kF32, {2, 3}, a.data()}},
                        {{"format", "pt"}, {"json", "{\"x\":1}"}});
  EXPECT_EQ(bytes.size() % 8, (6 * 4 + 3) % 8u);  // data starts 8-byte aligned
  const SafetensorsView view(bytes_of(bytes), "memory");
  ASSERT_EQ(view.tensors().size(), 2u);
  EXPECT_EQ(view.tensors()[0].name, "ä/a");  // wider elements first
  EXPECT_EQ(view.metadata().at("json"), "{\"x\":1}");
  ASSERT_NE(view.find("ä/a"), nullptr);
  EXPECT_EQ(view.find("a"), nullptr);
  EXPECT_EQ(view.find("ä/a")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(to_float(*view.find("ä/a")), a);
  EXPECT_EQ(view.find("b")->data[2], std::byte{9});
  EXPECT_THROW(to_float(*view.find("b")), Error);
}

TEST(Safetensors, KeepsEmptyTensorsAndScalars) {
  const float one = 1;
  const std::string bytes = write_safetensors(
      {{"empty", DType::kF32, {0, 5}, nullptr}, {"scalar", DType::kF32, {}, &one}});
  const SafetensorsView view(bytes_of(bytes), "memory");
  EXPECT_TRUE(to_float(*view.find("empty")).empty());
  EXPECT_EQ(to_float(*view.find("scalar")), std::vector<float>{1});
}

// Bit patterns and values of IEEE 754 binary16 (and bfloat16: the upper half of a float32).
TEST(Safetensors, WidensHalfFloats) {
  const std::vector<uint16_t> f16 = {0x3c00, 0xc000, 0x7bff, 0x0001,
                                     0x8000, 0x7c00, 0x3555, 0x0400};
  const std::vector<uint16_t> bf16 = {0x3f80, 0xc020, 0x7f80};
  const std::string bytes = write_safetensors(
      {{"h", DType::kF16, {8}, f16.data()}, {"b", DType::kBF16, {3}, bf16.data()}});
  const SafetensorsView view(bytes_of(bytes), "memory");
  EXPECT_EQ(to_float(*view.find("h")), (std::vector<float>{1, -2, 65504, 0x1p-24f, -0.0f,
                                                           std::numeric_limits<float>::infinity(),
                                                           0.333251953125f, 0x1p-14f}));
  EXPECT_EQ(to_float(*view.find("b")),
            (std::vector<float>{1, -2.5f, std::numeric_limits<float>::infinity()}));
}

struct BadFile {
  const char* what;
  std::string bytes;
  const char* message;
};

TEST(Safetensors, RefusesBrokenFiles) {
  const std::string entry = R"("dtype":"F32","shape":[2])";
  const std::vector<BadFile> cases = {
      {"empty", "", "only 0 bytes"},
      {"length beyond file", std::string("\xff\xff\0\0\0\0\0\0{}", 10), "header length 65535"},
      {"length beyond any file", std::string(8, '\xff') + "{}",
       "header length 1844674407370955161"},
      {"no object", file_of("[]", 0), "no JSON header"},
      {"broken JSON", file_of("{\"a\":", 0), "not valid JSON (parse error at"},
      {"twice",
       file_of("{\"a\":{" + entry + ",\"data_offsets\":[0,8]},\"a\":{" + entry +
                   ",\"data_offsets\":[8,16]}}",
               16),
       "\"a\" appears twice"},
      {"deep", file_of("{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}", 0),
       "deeper"},
      {"hole", file_of("{\"a\":{" + entry + ",\"data_offsets\":[4,12]}}", 12),
       "hole of 4 bytes before tensor a"},
      {"overlap",
       file_of("{\"a\":{" + entry + ",\"data_offsets\":[0,8]},\"b\":{" + entry +
                   ",\"data_offsets\":[4,12]}}",
               12),
       "tensors a and b overlap"},
      {"cut", file_of("{\"a\":{" + entry + ",\"data_offsets\":[0,8]}}", 4), "truncated"},
      {"tail", file_of("{\"a\":{" + entry + ",\"data_offsets\":[0,8]}}", 9), "9 bytes of data"},
      {"size", file_of("{\"a\":{" + entry + ",\"data_offsets\":[0,4]}}", 4),
       "spans 4 bytes; expected 8"},
      {"dtype", file_of(R"({"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})", 1), "dtype F8"},
      {"negative", file_of(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1),
       "shape [-1]"},
      {"overflow",
       file_of(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
       "can be counted"},
      {"huge dimension",
       file_of(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]}})", 0),
       "shape"},
      {"reversed", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1),
       "data_offsets [1, 0]"},
      {"no shape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1), "shape is missing"},
      {"metadata", file_of(R"({"__metadata__":{"a":1}})", 0), "strings only"},
  };
  for (const BadFile& bad : cases) {
    try {
      SafetensorsView(bytes_of(bad.bytes), "x.safetensors");
      ADD_FAILURE() << bad.what << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << bad.what;
      EXPECT_THAT(error.what(), HasSubstr(bad.message)) << bad.what;
      EXPECT_THAT(error.what(), HasSubstr("x.safetensors")) << bad.what;
    }
  }
}

TEST(Safetensors, WritesFilesAtomically) {
  const std::string path = testing::TempDir() + "/headscope_atomic.safetensors";
  const float value = 2;
  write_safetensors_file(path, {{"a", DType::kF32, {1}, &value}});
  const std::string before = read_file(path);
  EXPECT_EQ(before, write_safetensors({{"a", DType::kF32, {1}, &value}}));
  // A write that fails (a name twice) leaves the old file and no other.
  EXPECT_THROW(write_safetensors_file(
                   path, {{"a", DType::kF32, {1}, &value}, {"a", DType::kF32, {1}, &value}}),
               Error);
  EXPECT_EQ(read_file(path), before);
  for (const auto& file : std::filesystem::directory_iterator(testing::TempDir())) {
    EXPECT_THAT(file.path().string(), testing::Not(HasSubstr("headscope_atomic.safetensors.tmp")));
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace headscope
