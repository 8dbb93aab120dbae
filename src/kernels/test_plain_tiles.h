// PlainTiles: AMX's tiles in plain C++, for tests on any processor. Source: the operation of
// TDPBF16PS in Intel's Software Developer's Manual, volume 2: of each row and column, the products
// of the pairs' first numbers are added to one sum and those of the second to another, each by
// fused multiply-add, pair after pair; the two sums are added, and that to the tile. Denormals read
// as 0 and become 0; all rounds to the nearest, ties to even.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace headscope {

class PlainTiles {
 public:
  template <int kTile>
  void zero() {
    zero(kTile);
  }
  template <int kTile>
  void load(const void* from) {
    load(kTile, from, 64);
  }
  template <int kTile>
  void store(float* to, int64_t stride) const {
    store(kTile, to, stride);
  }
  template <int kSums, int kA, int kB>
  void dot() {
    dot(kSums, kA, kB);
  }

  void zero(int tile) { std::memset(words_[tile], 0, sizeof words_[tile]); }
  void load(int tile, const void* from, int64_t stride) {
    for (int row = 0; row < 16; ++row) {
      std::memcpy(words_[tile][row], static_cast<const char*>(from) + row * stride, 64);
    }
  }
  void store(int tile, void* to, int64_t stride) const {
    for (int row = 0; row < 16; ++row) {
      std::memcpy(static_cast<char*>(to) + row * stride, words_[tile][row], 64);
    }
  }
  void dot(int sums, int a, int b) {
    float x[2][16][16], w[2][16][16];  // of first numbers, of second ones
    const int exponents = unpack(a, x) + unpack(b, w);
    for (int m = 0; m < 16; ++m) {
      float even[16] = {}, odd[16] = {};
      // The product of two bfloat16 is a float32, so that one rounding is left, as in a fused
      // multiply-add; but not where it may be below the smallest float32.
      if (exponents > -100) {
        for (int k = 0; k < 16; ++k) {
          for (int n = 0; n < 16; ++n) even[n] += x[0][m][k] * w[0][k][n];
          for (int n = 0; n < 16; ++n) odd[n] += x[1][m][k] * w[1][k][n];
        }
      } else {
        for (int k = 0; k < 16; ++k) {
          for (int n = 0; n < 16; ++n) {
            even[n] = flushed(std::fma(x[0][m][k], w[0][k][n], even[n]));
            odd[n] = flushed(std::fma(x[1][m][k], w[1][k][n], odd[n]));
          }
        }
      }
      for (int n = 0; n < 16; ++n) {
        const float before = flushed(std::bit_cast<float>(words_[sums][m][n]));
        const float sum = flushed(before + flushed(even[n] + odd[n]));
        words_[sums][m][n] = std::bit_cast<uint32_t>(sum);
      }
    }
  }

 private:
  static float flushed(float value) {
    return std::abs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value;
  }
  // A tile's pairs as floats; returns the least exponent of those that are not 0.
  int unpack(int tile, float to[2][16][16]) const {
    int least = 128;
    for (int row = 0; row < 16; ++row) {
      for (int i = 0; i < 16; ++i) {
        const uint32_t word = words_[tile][row][i];
        to[0][row][i] = flushed(std::bit_cast<float>(word << 16));
        to[1][row][i] = flushed(std::bit_cast<float>(word & 0xffff0000u));
        for (const float value : {to[0][row][i], to[1][row][i]}) {
          const int exponent = static_cast<int>(std::bit_cast<uint32_t>(value) >> 23 & 255);
          if (exponent > 0) least = std::min(least, exponent - 127);
        }
      }
    }
    return least;
  }

  uint32_t words_[8][16][16] = {};
};

}  // namespace headscope
