#include "format/arrays.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "format/base64.h"
#include "headscope/error.h"

namespace headscope {
namespace {

TEST(Arrays, ComeBackUnderTheirNames) {
  ArrayWriter out;
  out.put("d", {2, 1}, std::vector<double>{0.1, -1e300});
  out.put("f", {1}, std::vector<float>{0.1f});
  out.put("i", {3}, std::vector<int64_t>{-1, 0, int64_t{1} << 62});
  out.put_strings("s", {"", "\xFF", "北"});
  const std::string bytes = out.finish({{"format", "test"}});
  const ArrayReader in(bytes, "file");
  EXPECT_EQ(in.metadata().at("format"), "test");
  EXPECT_EQ(in.doubles("d", {2, 1}), (std::vector<double>{0.1, -1e300}));
  EXPECT_EQ(in.floats("f", {-1}), std::vector<float>{0.1f});
  EXPECT_EQ(in.integers("i", {3}), (std::vector<int64_t>{-1, 0, int64_t{1} << 62}));
  EXPECT_EQ(in.strings("s"), (std::vector<std::string>{"", "\xFF", "北"}));
  EXPECT_TRUE(in.has("d"));
  EXPECT_FALSE(in.has("e"));
  EXPECT_THROW(in.doubles("d", {1, 2}), Error);
  EXPECT_THROW(in.doubles("f", {1}), Error);
  EXPECT_THROW(in.doubles("e", {-1}), Error);
  EXPECT_THROW(out.put("x", {2}, std::vector<double>{1}), Error);
}

TEST(Arrays, RefusesNumbersThatAreNone) {
  ArrayWriter out;
  out.put("d", {1}, std::vector<double>{std::nan("")});
  const std::string bytes = out.finish({});
  try {
    ArrayReader(bytes, "file").doubles("d", {1});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("file: d"), std::string::npos);
  }
}

// A place behind the bytes in the middle, whose fall is seen one string later only.
TEST(Arrays, RefusesStringsOutsideTheirBytes) {
  ArrayWriter out;
  out.put_strings("s", {"a", "b", "c"});
  std::string bytes = out.finish({});
  const std::array<int64_t, 4> places{0, 1, 2, 3};
  const std::array<int64_t, 4> hostile{0, 1, int64_t{1} << 32, 3};
  const size_t at = bytes.find({reinterpret_cast<const char*>(places.data()), sizeof(places)});
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, sizeof(hostile), reinterpret_cast<const char*>(hostile.data()),
                sizeof(hostile));
  try {
    ArrayReader(bytes, "file").strings("s");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("do not ascend"), std::string::npos) << error.what();
  }
}

// RFC 4648, section 10.
TEST(Base64, VectorsOfTheStandard) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text, "t"), bytes);
  }
  std::string all;
  for (int k = 0; k < 256; ++k) all += static_cast<char>(k);
  EXPECT_EQ(from_base64(to_base64(all), "t"), all);
  for (const char* bad : {"Zg=", "Z", "Zg==Zg==", "Zm 8", "====", "=Zm8"}) {
    EXPECT_THROW(from_base64(bad, "t"), Error) << bad;
  }
}

}  // namespace
}  // namespace headscope
