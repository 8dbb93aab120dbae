#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/parallel.h"
#include "headscope/array.h"
#include "headscope/error.h"
#include "headscope/run_control.h"
#include "headscope/tensor.h"
#include "headscope/version.h"

namespace headscope {
namespace {

TEST(HeadId, RoundTripsAndRefusesOtherText) {
  EXPECT_EQ(to_string(parse_head_id("L10H3")), "L10H3");
  for (const char* bad : {"", "L", "L2", "L2H", "2H0", "L2H0x", "L-1H0", "L2 H0", "L99999999H0"}) {
    EXPECT_THROW(parse_head_id(bad), Error) << bad;
  }
}

#if defined(__linux__)
// Binutils' readelf reads the same note from the file of this program.
TEST(BuildId, IsWhatReadelfSays) {
  char path[32];
  std::snprintf(path, sizeof(path), "/proc/%d/exe", static_cast<int>(getpid()));
  FILE* pipe = popen((std::string("LC_ALL=C readelf -n ") + path + " 2>/dev/null").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  char line[256];
  while (std::fgets(line, sizeof(line), pipe) != nullptr) said += line;
  if (pclose(pipe) != 0) GTEST_SKIP() << "no readelf here";
  const std::string mark = "Build ID: ";
  const size_t at = said.find(mark);
  if (at == std::string::npos) {
    EXPECT_EQ(build_id(), version());
  } else {
    EXPECT_EQ(build_id(), said.substr(at + mark.size(), said.find('\n', at) - at - mark.size()));
  }
}
#endif

// The values of FIPS 180-4's examples (NIST, "Example Values").
TEST(Digest, IsSha256) {
  const auto of = [](std::string_view text) {
    Digest digest;
    digest.update(text.data(), text.size());
    return digest.hex();
  };
  EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1000000, 'a');
  EXPECT_EQ(of(million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  Digest pieces;  // the same in pieces of any size
  for (size_t at = 0, size = 1; at < million.size(); at += size, size = size % 200 + 1) {
    pieces.update(million.data() + at, std::min(size, million.size() - at));
  }
  EXPECT_EQ(pieces.hex(), of(million));
  Digest ab_c, a_bc;
  ab_c.add("ab");
  ab_c.add("c");
  a_bc.add("a");
  a_bc.add("bc");
  EXPECT_NE(ab_c.hex(), a_bc.hex());
}

TEST(Array, SharesItsNumbersAndWidensHalves) {
  const Array array = Array::from({1.0f, -2.5f, 65504.0f, 1e-3f}, {2, 2});
  const Array copy = array;
  EXPECT_EQ(copy.data(), array.data());
  EXPECT_EQ(array.bytes(), 16);
  EXPECT_THROW(Array::from({1.0f, 2.0f}, {3}), Error);
  EXPECT_THROW((void)array.as(DType::kBF16).floats(), Error);
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    const Array half = array.as(dtype);
    EXPECT_EQ(half.bytes(), 8);
    EXPECT_EQ(half.shape(), array.shape());
    float out[4];
    half.read(0, 4, out);
    EXPECT_EQ(out[0], 1.0f);
    EXPECT_EQ(out[1], -2.5f);
    // 11 bits of significand, or 8: rounded to the nearest, so half a unit in the last place.
    EXPECT_NEAR(out[3], 1e-3f, 1e-3f * (dtype == DType::kF16 ? 0x1p-11f : 0x1p-8f));
    half.read(1, 1, out);
    EXPECT_EQ(out[0], -2.5f);
    EXPECT_EQ(half.as(dtype).data(), half.data());
  }
  EXPECT_TRUE(Array().empty());
  EXPECT_EQ(Array().bytes(), 0);
  EXPECT_FALSE(Array::from({}, {0, 3}).empty());
}

TEST(Error, SaysGotExpectedAction) {
  const Error error(ErrorCode::kBadInput, "731 tokens", "at most 512", "Shorten it");
  EXPECT_STREQ(error.what(), "731 tokens; expected at most 512. Shorten it");
}

TEST(ParallelFor, VisitsEachIndexOnceAndRethrows) {
  std::vector<int> seen(1000);
  parallel_for(1000, [&](int64_t i) { ++seen[i]; });
  EXPECT_EQ(seen, std::vector<int>(1000, 1));
  EXPECT_THROW(parallel_for(100,
                            [](int64_t i) {
                              if (i == 7) throw std::runtime_error("seven");
                            }),
               std::runtime_error);
}

TEST(ParallelFor, IsParallelInsideOnOneThreadToo) {
  const int before = max_threads();
  for (const int threads : {1, 2}) {
    set_max_threads(threads);
    std::vector<int> inside(3), nested(3);
    parallel_for(3, [&](int64_t i) {
      inside[static_cast<size_t>(i)] = in_parallel();
      parallel_for(2, [&](int64_t) { nested[static_cast<size_t>(i)] += in_parallel(); });
    });
    EXPECT_EQ(inside, std::vector<int>(3, 1)) << threads << " threads";
    EXPECT_EQ(nested, std::vector<int>(3, 2)) << threads << " threads";
    EXPECT_FALSE(in_parallel());
    parallel_for(1, [](int64_t) { EXPECT_FALSE(in_parallel()) << "a plain call"; });
    EXPECT_THROW(parallel_for(2, [](int64_t) { throw std::runtime_error("out"); }),
                 std::runtime_error);
    EXPECT_FALSE(in_parallel()) << "after an exception";
  }
  set_max_threads(before);
}

TEST(TensorView, IndexesRowMajor) {
  std::vector<float> data(24);
  for (int i = 0; i < 24; ++i) data[i] = static_cast<float>(i);
  const TensorView<float> view(data.data(), {2, 3, 4});
  EXPECT_EQ(view(1, 2, 3), 23.0f);
  EXPECT_EQ(view[1](2, 3), 23.0f);
  EXPECT_EQ(view[1].size(), 12);
}

TEST(CancellationToken, SharesOneFlag) {
  const CancellationToken token;
  const CancellationToken copy = token;
  EXPECT_NO_THROW(copy.check());
  token.cancel();
  EXPECT_THROW(copy.check(), Error);
}

}  // namespace
}  // namespace headscope
