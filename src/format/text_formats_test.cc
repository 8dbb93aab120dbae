// JSON, CSV, NPY and whole files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "format/atomic_file.h"
#include "format/json.h"
#include "format/npy.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/output.h"

namespace headscope {
namespace {

using testing::HasSubstr;

TEST(Json, WritesFloat32Shortest) {
  const std::vector<std::pair<float, std::string>> rows = {{0.1f, "0.1"},
                                                           {1.0f, "1.0"},
                                                           {-2.5f, "-2.5"},
                                                           {1e-12f, "1e-12"},
                                                           {3.4028235e38f, "3.4028235e+38"},
                                                           {1e-45f, "1e-45"},
                                                           {16777216.f, "16777216.0"},
                                                           {0.f, "0.0"},
                                                           {NAN, "null"},
                                                           {INFINITY, "null"},
                                                           {0.99902344f, "0.99902344"}};
  for (const auto& [value, text] : rows) EXPECT_EQ(dump_json(json_number(value)), text);
}

TEST(Json, Float32RoundTripsBitForBit) {
  std::mt19937 random(7);
  int long_texts = 0;
  for (int i = 0; i < 20000; ++i) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    const std::string text = dump_json(json_number(value));
    ASSERT_EQ(static_cast<float>(parse_json(text, "x").get<double>()), value) << text;
    if (text.size() > 18) ++long_texts;
  }
  // Grisu2, which nlohmann prints doubles with, misses the shortest decimal now and then.
  EXPECT_LT(long_texts, 400);
}

TEST(Json, RefusesWhatIsAmbiguousOrTooDeep) {
  EXPECT_THROW(parse_json(R"({"a":1,"b":{"a":2,"a":3}})", "x"), Error);
  EXPECT_NO_THROW(parse_json(R"([{"a":1},{"a":{"a":2}}])", "x"));
  EXPECT_THROW(parse_json(std::string(1 << 20, '['), "x"), Error);
  EXPECT_THROW(parse_json("{\"a\":1} tail", "x"), Error);
  EXPECT_THROW(parse_json("\"\xff\"", "x"), Error);
  const std::string deepest = std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']');
  EXPECT_EQ(dump_json(parse_json(deepest, "x")), deepest);
}

TEST(Json, GettersNameTheField) {
  const Json object = {{"n", 3}, {"x", 0.5}, {"s", "text"}, {"z", nullptr}, {"a", {1, 2}}};
  EXPECT_EQ(int_field(object, "n", "c.json", 1, 9), 3);
  EXPECT_EQ(int_field(object, "z", "c.json", 1, 9, 4), 4);
  EXPECT_EQ(number_field(object, "n", "c.json"), 3.0);
  EXPECT_EQ(ints_field(object, "a", "c.json"), (std::vector<int64_t>{1, 2}));
  struct Row {
    std::function<void()> call;
    const char* message;
  };
  const std::vector<Row> rows = {
      {[&] { int_field(object, "m", "c.json"); }, "c.json: the field m is missing"},
      {[&] { int_field(object, "n", "c.json", 5, 9); },
       "n is the number 3; expected a whole number from 5 to 9"},
      {[&] { int_field(object, "x", "c.json"); }, "x is the number 0.5"},
      {[&] { string_field(object, "n", "c.json"); }, "expected a string"},
      {[&] { bool_field(object, "s", "c.json"); }, "s is \"text\""},
      {[&] { array_field(object, "s", "c.json"); }, "expected an array"},
      {[&] { strings_field(object, "a", "c.json"); }, "a[…]"},
      {[&] { find_field(Json(3), "k", "c.json"); }, "expected an object with k"}};
  for (const Row& row : rows) {
    try {
      row.call();
      ADD_FAILURE() << row.message;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.message));
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    }
  }
}

TEST(Csv, QuotesByRfc4180) {
  EXPECT_EQ(csv_row(std::vector<std::string>{"a", "b,c", "say \"x\"", "", "two\nlines"}),
            "a,\"b,c\",\"say \"\"x\"\"\",,\"two\nlines\"\n");
  EXPECT_EQ(csv_number(0.1f), "0.1");
  EXPECT_EQ(csv_number(NAN), "");
}

TEST(Npy, WritesWhatItReads) {
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{6}, {2, 3}, {1, 2, 3}}) {
    const std::string bytes = write_npy(data, shape);
    EXPECT_EQ((bytes.size() - 24) % 64, 0u);
    const NpyArray back = read_npy(std::as_bytes(std::span(bytes)), "a.npy");
    EXPECT_EQ(back.shape, shape);
    EXPECT_EQ(back.data, data);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_THROW(read_npy(std::as_bytes(std::span(bytes).first(cut)), "a.npy"), Error);
    }
  }
}

// numpy 2.4.6: np.save of np.float32([[1, 2]]), its first 128 bytes.
TEST(Npy, SpellsTheHeaderAsNumPyDoes) {
  const std::string bytes = write_npy(std::vector<float>{1, 2}, {1, 2});
  std::string expected("\x93NUMPY\x01\0v\0", 10);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  expected += std::string(127 - expected.size(), ' ') + "\n";
  EXPECT_EQ(bytes.substr(0, 128), expected);
}

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  const std::string path = testing::TempDir() + "/headscope_atomic.txt";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  EXPECT_EQ(read_file(path), "old");
  const std::string link = path + ".link";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(path, link);
  write_file_atomically(link, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  // Of a link to what is not there yet, too, and by the folder that the link stands in.
  std::filesystem::remove(path);
  std::filesystem::remove(link);
  std::filesystem::create_symlink(std::filesystem::path(path).filename(), link);
  write_file_atomically(link, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  EXPECT_EQ(read_file(path), "new");
  write_file_atomically("/dev/null", "x");
  EXPECT_FALSE(std::filesystem::is_regular_file("/dev/null"));
  EXPECT_THROW(write_file_atomically(testing::TempDir() + "/no/such/folder/x", "x"), Error);
  std::filesystem::remove(link);
  std::filesystem::remove(path);
}

TEST(ReadFile, SaysWhatIsWrong) {
  try {
    read_file("/no/such/file");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
  EXPECT_THROW(read_file("/tmp"), Error);
  EXPECT_THROW(read_file("/dev/zero", 1 << 20), Error);
}

}  // namespace
}  // namespace headscope
