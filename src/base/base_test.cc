#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/run_control.h"
#include "headscope/tensor.h"

namespace headscope {
namespace {

TEST(HeadId, RoundTripsAndRefusesOtherText) {
  EXPECT_EQ(to_string(parse_head_id("L10H3")), "L10H3");
  for (const char* bad : {"", "L", "L2", "L2H", "2H0", "L2H0x", "L-1H0", "L2 H0", "L99999999H0"}) {
    EXPECT_THROW(parse_head_id(bad), Error) << bad;
  }
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
