// The stand-in for std::to_chars against std::to_chars itself.
#include "format/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace headscope {
namespace {

TEST(NumberText, StandInWritesWhatToCharsWrites) {
  std::vector<float> values = {0.0f,
                               -0.0f,
                               1,
                               -1,
                               0.1f,
                               100,
                               1e-5f,
                               123456789.0f,
                               1e10f,
                               16777216,
                               std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::min(),
                               std::numeric_limits<float>::denorm_min()};
  for (int power = -149; power < 128; ++power) values.push_back(std::ldexp(1.0f, power));
  std::mt19937 random(5);
  for (int k = 0; k < 6000; ++k) {
    const auto bits = static_cast<uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) values.push_back(value);
    values.push_back(static_cast<float>(random() % 100000) / 100000);
  }
  int apart = 0;
  for (const float value : values) {
    const std::string got = portable::scientific_text(value);
    EXPECT_EQ(std::strtof(got.c_str(), nullptr), value) << got;
    if (got != scientific_text(value)) {
      ++apart;
      continue;
    }
    EXPECT_EQ(portable::plain_text(value), plain_text(value));
  }
  EXPECT_EQ(apart, 0);
}

}  // namespace
}  // namespace headscope
