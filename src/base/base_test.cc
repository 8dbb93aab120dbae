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
