// Products in tiles: the kernel over tiles in plain C++ against double precision, and the compiled
// AMX instructions against the same to the last bit. Where the processor has no AMX they run in an
// AmxTrap.
#include "kernels/tile_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "headscope/threads.h"
#include "kernels/linear.h"
#include "kernels/test_amx_trap.h"
#include "kernels/test_kernels.h"
#include "kernels/test_plain_tiles.h"
#include "kernels/tile_product-inl.h"
#include "kernels/tile_support.h"

namespace headscope {
namespace {

template <int kParts>
struct Plain {
  static void rows(const float* x, const tile::TileJob& job, int64_t block) {
    tile::pack_rows<kParts>(x, job, block);
  }
  static void panel(const float* weight, int64_t out, int64_t in, int64_t p, uint16_t* panels) {
    tile::pack_panel<kParts>(weight, out, in, p, panels);
  }
  static void task(const tile::TileJob& job, Range rows, Range panels) {
    tile::multiply_task<kParts, PlainTiles>(job, rows, panels);
  }
};

struct Product {
  int64_t rows, out, in;
  std::vector<float> x, w, bias;

  Product(int64_t its_rows, int64_t its_out, int64_t its_in)
      : rows(its_rows),
        out(its_out),
        in(its_in),
        x(random_floats(static_cast<size_t>(rows * in), 1, 1)),
        w(random_floats(static_cast<size_t>(out * in), 1, 2)),
        bias(random_floats(static_cast<size_t>(out), 1, 3)) {}

  template <int kParts>
  std::vector<float> with_plain_tiles(int64_t first, int64_t count) const {
    using Instance = Plain<kParts>;
    std::vector<uint16_t> panels(static_cast<size_t>(tile::panels_numbers(out, in, kParts)));
    std::vector<uint16_t> packed(static_cast<size_t>(tile::rows_numbers(count, in, kParts)));
    std::vector<float> y(static_cast<size_t>(count * out), NAN);
    tile::pack_all_panels<Instance>(w.data(), out, in, panels.data());
    tile::multiply_all<Instance>(x.data() + first * in, count,
                                 {packed.data(), 0, in, panels.data(), bias.data(), out, y.data()});
    return y;
  }
  std::vector<float> with_plain_tiles(Precision precision, int64_t first, int64_t count) const {
    switch (tile::parts_of(precision)) {
      case 1:
        return with_plain_tiles<1>(first, count);
      case 2:
        return with_plain_tiles<2>(first, count);
      default:
        return with_plain_tiles<3>(first, count);
    }
  }
};

struct Case {
  Precision precision;
  int64_t rows, out, in;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.rows << " rows, " << one.out << " x " << one.in << ", " << name_of(one.precision);
}

class TileShape : public testing::TestWithParam<Case> {};

TEST_P(TileShape, IsTheProduct) {
  const auto [precision, rows, out, in] = GetParam();
  const Product product(rows, out, in);
  const std::vector<float> y = product.with_plain_tiles(precision, 0, rows);
  double most = 0, squares = 0, sizes = 0;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t o = 0; o < out; ++o) {
      double sum = product.bias[static_cast<size_t>(o)], size = std::abs(sum);
      for (int64_t i = 0; i < in; ++i) {
        const double one = double{product.x[static_cast<size_t>(r * in + i)]} *
                           product.w[static_cast<size_t>(o * in + i)];
        sum += one;
        size += std::abs(one);
      }
      const double error = y[static_cast<size_t>(r * out + o)] - sum;
      ASSERT_TRUE(std::isfinite(error)) << r << ", " << o;
      most = std::max(most, std::abs(error) / size);
      squares += error * error;
      sizes += sum * sum;
    }
  }
  const double relative = std::sqrt(squares / sizes);
  std::printf("  max |difference| / sum of sizes %.2e, relative L2 %.2e\n", most, relative);
  // As of the vector kernels (kernels_test.cc): 8 bits of each factor, or 16 and the product left
  // out, or 24; and the sums' rounding.
  const double bound = precision == Precision::kBf16     ? 0x1p-7
                       : precision == Precision::kBf16x3 ? 3 * 0x1p-16
                                                         : 0;
  EXPECT_LE(most, bound * 1.01 + 1e-6);
  if (in < 768) return;
  // Of sums long enough that errors average: what docs/decisions/260 gives for vectors.
  EXPECT_LE(relative, precision == Precision::kBf16     ? 3e-3
                      : precision == Precision::kBf16x3 ? 6e-6
                                                        : 4e-7);
}

TEST_P(TileShape, HasTheSameBitsForEveryBatchAndThreadCount) {
  const auto [precision, rows, out, in] = GetParam();
  const Product product(rows, out, in);
  const std::vector<float> all = product.with_plain_tiles(precision, 0, rows);
  const int before = max_threads();
  for (const int threads : {1, 3}) {
    set_max_threads(threads);
    for (const int64_t count : {int64_t{1}, int64_t{16}, int64_t{17}, rows}) {
      // From the front, and from a row that was not the first of its block.
      for (const int64_t first : {int64_t{0}, std::min<int64_t>(5, rows - count)}) {
        if (count > rows || first < 0) continue;
        const auto some = product.with_plain_tiles(precision, first, count);
        EXPECT_EQ(std::memcmp(some.data(), all.data() + first * out, some.size() * sizeof(float)),
                  0)
            << count << " rows from " << first << ", " << threads << " threads";
      }
    }
  }
  set_max_threads(before);
}

#if HEADSCOPE_AMX
// The machine code of the AMX kernel, packing included.
TEST_P(TileShape, InstructionsGiveTheBitsOfPlainTiles) {
  const bool real = tiles_work();
  const AmxTrap trap;
  const int64_t before = AmxTrap::count();
  const auto [precision, rows, out, in] = GetParam();
  const Product product(rows, out, in);
  const Linear::Part part{product.w.data(), product.bias.data(), out};
  Buffer scratch;
  const Linear linear({&part, 1}, in, scratch, {precision, true, true});
  std::vector<float> y(static_cast<size_t>(rows * out));
  linear.apply(product.x.data(), rows, y.data());
  const auto expected = product.with_plain_tiles(precision, 0, rows);
  if (real) {
    // The manual's order of sums is not what a processor must keep: near, then, not the same.
    for (size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], 1e-6 * static_cast<double>(in));
    }
  } else {
    EXPECT_GT(AmxTrap::count(), before);
    EXPECT_EQ(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)), 0);
  }
  std::vector<float> activated(y.size());
  linear.apply(product.x.data(), rows, activated.data(), Activation::kGelu);
  activate(Activation::kGelu, y.data(), std::ssize(y));
  EXPECT_EQ(std::memcmp(activated.data(), y.data(), y.size() * sizeof(float)), 0);
}
#endif

std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const Precision precision : {Precision::kBf16, Precision::kBf16x3, Precision::kF32}) {
    for (const auto& [rows, out, in] : {std::array<int64_t, 3>{1, 1, 1},
                                        {1, 33, 31},
                                        {15, 32, 32},
                                        {16, 31, 33},
                                        {17, 64, 65},
                                        {33, 45, 387},
                                        {40, 16, 769},
                                        {19, 96, 768},
                                        {257, 40, 1600}}) {
      cases.push_back({precision, rows, out, in});
    }
  }
  cases.push_back({Precision::kF32, 1100, 33, 40});  // more rows than are packed at once
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Shapes, TileShape, testing::ValuesIn(cases()));

// A tile of pairs (first, second), all the same.
std::vector<uint16_t> pairs(float first, float second) {
  std::vector<uint16_t> tile(512);
  for (size_t i = 0; i < tile.size(); ++i) {
    tile[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(i % 2 ? second : first) >> 16);
  }
  return tile;
}

float sum_of(float before, float a, float a2, float b, float b2) {
  PlainTiles tiles;
  std::vector<float> sums(256, before);
  tiles.load<0>(sums.data());
  tiles.load<1>(pairs(a, a2).data());
  tiles.load<2>(pairs(b, b2).data());
  tiles.dot<0, 1, 2>();
  tiles.store<0>(sums.data(), 64);
  return sums[17];
}

// By hand from the manual's operation.
TEST(PlainTiles, IsTheOperationOfTheManual) {
  EXPECT_EQ(sum_of(1, 2, 3, 5, 7), 1 + 16 * (2 * 5 + 3 * 7));
  // Firsts and seconds cancel only when the sixteen of each are added.
  EXPECT_EQ(sum_of(0.5f, 0x1p60f, 0x1p60f, 0x1p60f, -0x1p60f), 0.5f);
  // Each sum rounds: 2²⁴ + 1 is 2²⁴, to even.
  EXPECT_EQ(sum_of(0x1p24f, 1.0f / 16, 0, 1, 0), 0x1p24f);
  // Denormals: 2⁻¹²⁷ reads as 0, in factors and sums. A sum that ends below 2⁻¹²⁶ is 0: that of
  // 1.5·2⁻¹³⁰ at every step, and 16·2⁻¹²⁶·(1 + 2⁻⁵) - 2⁻¹²² = 2⁻¹²⁷ though its parts are not small.
  EXPECT_EQ(sum_of(0, 0x1p-127f, 0, 0x1p100f, 0), 0);
  EXPECT_EQ(sum_of(0x1p-127f, 0, 0, 0, 0), 0);
  EXPECT_EQ(sum_of(-0x1p-126f, 0x1p-100f, 0, 0x1.8p-30f, 0), -0x1p-126f);
  EXPECT_EQ(sum_of(-0x1p-122f, 0x1p-100f, 0, 0x1.08p-26f, 0), 0);
  EXPECT_EQ(sum_of(0, 0x1p-100f, 0, 0x1p-26f, 0), 16 * 0x1p-126f);
}

// Both ways of adding products: what lies 120 powers of two lower comes out that much lower.
TEST(PlainTiles, RoundsTinyProductsAsOthers) {
  const auto run = [](float scale) {
    PlainTiles tiles;
    std::vector<uint16_t> a(512), b(512);
    const auto x = random_floats(512, scale, 4), w = random_floats(512, scale, 5);
    for (size_t i = 0; i < 512; ++i) {
      a[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(x[i]) >> 16);
      b[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(w[i]) >> 16);
    }
    tiles.load<1>(a.data());
    tiles.load<2>(b.data());
    tiles.zero<0>();
    tiles.dot<0, 1, 2>();
    std::vector<float> sums(256);
    tiles.store<0>(sums.data(), 64);
    return sums;
  };
  const auto usual = run(1), tiny = run(0x1p-48f);
  for (size_t i = 0; i < usual.size(); ++i) EXPECT_EQ(tiny[i] * 0x1p96f, usual[i]) << i;
}

#if HEADSCOPE_AMX
TEST(TileSupport, TrustsRightProductsAlone) {
  if (tiles_work()) GTEST_SKIP() << "this processor has AMX: nothing can be lost";
  {
    const AmxTrap trap;
    EXPECT_TRUE(tiles_multiply_right());
  }
  const AmxTrap loses(true);
  EXPECT_FALSE(tiles_multiply_right());
}
#endif

}  // namespace
}  // namespace headscope
