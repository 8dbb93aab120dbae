#include "io/ggml_blocks.h"

#include <array>

#include "base/half.h"

namespace headscope {
namespace {

using Bytes = const uint8_t*;

Bytes bytes_of(const std::byte* blocks) { return reinterpret_cast<Bytes>(blocks); }
uint16_t u16(Bytes at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }
uint32_t u32(Bytes at) {
  return static_cast<uint32_t>(u16(at)) | static_cast<uint32_t>(u16(at + 2)) << 16;
}
float f16(Bytes at) { return f16_to_float(u16(at)); }
float signed_byte(uint8_t byte) { return static_cast<float>(static_cast<int8_t>(byte)); }

constexpr int kSmall = 32;   // numbers in a block of the older types
constexpr int kLarge = 256;  // and in one of the "K" types

// Four bits of element i of 32: byte j holds element j in its low half, j + 16 in its high half.
int half_of(Bytes quants, int i) {
  return i < kSmall / 2 ? quants[i] & 15 : quants[i - kSmall / 2] >> 4;
}

// The 16 levels of IQ4_NL and IQ4_XS, and of MXFP4 (twice the value of E2M1).
constexpr std::array<float, 16> kLevels = {-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};
constexpr std::array<float, 16> kE2m1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Six bits each of scale and minimum of group j in the 12 bytes of Q4_K and Q5_K.
struct ScaleAndMinimum {
  float scale, minimum;
};
ScaleAndMinimum scale_and_minimum(Bytes packed, int j) {
  if (j < 4) {
    return {static_cast<float>(packed[j] & 63), static_cast<float>(packed[j + 4] & 63)};
  }
  return {static_cast<float>((packed[j + 4] & 15) | (packed[j - 4] >> 6 << 4)),
          static_cast<float>((packed[j + 4] >> 4) | (packed[j] >> 6 << 4))};
}

// Runs `decode(block, out)` for every block.
template <class Decode>
void each_block(const std::byte* blocks, int64_t count, int elements, int size, float* out,
                Decode decode) {
  Bytes at = bytes_of(blocks);
  for (int64_t done = 0; done < count; done += elements, at += size) decode(at, out + done);
}

}  // namespace

void dequantise_f32(const std::byte* blocks, int64_t count, float* out) {
  const Bytes at = bytes_of(blocks);
  for (int64_t i = 0; i < count; ++i) out[i] = float_of_bits(u32(at + 4 * i));
}

void dequantise_f16(const std::byte* blocks, int64_t count, float* out) {
  const Bytes at = bytes_of(blocks);
  for (int64_t i = 0; i < count; ++i) out[i] = f16(at + 2 * i);
}

void dequantise_bf16(const std::byte* blocks, int64_t count, float* out) {
  const Bytes at = bytes_of(blocks);
  for (int64_t i = 0; i < count; ++i) out[i] = bf16_to_float(u16(at + 2 * i));
}

// d, halves: d · (q − 8)
void dequantise_q4_0(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 18, out, [](Bytes block, float* x) {
    const float d = f16(block);
    for (int i = 0; i < kSmall; ++i) x[i] = d * static_cast<float>(half_of(block + 2, i) - 8);
  });
}

// d, m, halves: d · q + m
void dequantise_q4_1(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 20, out, [](Bytes block, float* x) {
    const float d = f16(block), m = f16(block + 2);
    for (int i = 0; i < kSmall; ++i) x[i] = d * static_cast<float>(half_of(block + 4, i)) + m;
  });
}

// d, fifth bits, halves: d · (q − 16)
void dequantise_q5_0(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 22, out, [](Bytes block, float* x) {
    const float d = f16(block);
    const uint32_t fifth = u32(block + 2);
    for (int i = 0; i < kSmall; ++i) {
      const int q = half_of(block + 6, i) | static_cast<int>((fifth >> i & 1) << 4);
      x[i] = d * static_cast<float>(q - 16);
    }
  });
}

// d, m, fifth bits, halves: d · q + m
void dequantise_q5_1(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 24, out, [](Bytes block, float* x) {
    const float d = f16(block), m = f16(block + 2);
    const uint32_t fifth = u32(block + 4);
    for (int i = 0; i < kSmall; ++i) {
      const int q = half_of(block + 8, i) | static_cast<int>((fifth >> i & 1) << 4);
      x[i] = d * static_cast<float>(q) + m;
    }
  });
}

// d, int8: d · q
void dequantise_q8_0(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 34, out, [](Bytes block, float* x) {
    const float d = f16(block);
    for (int i = 0; i < kSmall; ++i) x[i] = signed_byte(block[2 + i]) * d;
  });
}

// scales[16], quants[64], d, dmin; two bits each, groups of 16.
void dequantise_q2_k(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 84, out, [](Bytes block, float* x) {
    const Bytes scales = block, quants = block + 16;
    const float d = f16(block + 80), dmin = f16(block + 82);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(scales[group] & 15);
      const float minimum = dmin * static_cast<float>(scales[group] >> 4);
      const int shift = 2 * (group % 8 / 2), first = 32 * (group / 8) + 16 * (group % 2);
      for (int l = 0; l < 16; ++l) {
        const int q = quants[first + l] >> shift & 3;
        x[16 * group + l] = scale * static_cast<float>(q) - minimum;
      }
    }
  });
}

// high bits[32], quants[64], scales[12], d; three bits each, groups of 16, no minimum.
void dequantise_q3_k(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 110, out, [](Bytes block, float* x) {
    const Bytes high = block, quants = block + 32, packed = block + 96;
    const float d = f16(block + 108);
    for (int group = 0; group < 16; ++group) {
      const int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
      const int top = packed[8 + group % 4] >> (2 * (group / 4)) & 3;
      const float scale = d * static_cast<float>((low | top << 4) - 32);
      const int shift = 2 * (group % 8 / 2), bit = group / 2, first = 16 * (group % 2);
      for (int l = 0; l < 16; ++l) {
        const int q = quants[32 * (group / 8) + first + l] >> shift & 3;
        const int below = (high[first + l] >> bit & 1) ? 0 : 4;
        x[16 * group + l] = scale * static_cast<float>(q - below);
      }
    }
  });
}

// d, dmin, scales[12], quants[128]; groups of 32.
void dequantise_q4_k(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 144, out, [](Bytes block, float* x) {
    const float d = f16(block), dmin = f16(block + 2);
    for (int group = 0; group < 8; ++group) {
      const auto packed = scale_and_minimum(block + 4, group);
      const float scale = d * packed.scale, minimum = dmin * packed.minimum;
      const Bytes quants = block + 16 + 32 * (group / 2);
      const int shift = 4 * (group % 2);
      for (int l = 0; l < 32; ++l) {
        x[32 * group + l] = scale * static_cast<float>(quants[l] >> shift & 15) - minimum;
      }
    }
  });
}

// d, dmin, scales[12], high bits[32], quants[128]; groups of 32.
void dequantise_q5_k(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 176, out, [](Bytes block, float* x) {
    const float d = f16(block), dmin = f16(block + 2);
    const Bytes high = block + 16;
    for (int group = 0; group < 8; ++group) {
      const auto packed = scale_and_minimum(block + 4, group);
      const float scale = d * packed.scale, minimum = dmin * packed.minimum;
      const Bytes quants = block + 48 + 32 * (group / 2);
      const int shift = 4 * (group % 2);
      for (int l = 0; l < 32; ++l) {
        const int q = (quants[l] >> shift & 15) | (high[l] >> group & 1) << 4;
        x[32 * group + l] = scale * static_cast<float>(q) - minimum;
      }
    }
  });
}

// low bits[128], high bits[64], int8 scales[16], d; six bits each, groups of 16.
void dequantise_q6_k(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 210, out, [](Bytes block, float* x) {
    const Bytes low = block, high = block + 128, scales = block + 192;
    const float d = f16(block + 208);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * signed_byte(scales[group]);
      const int part = group / 8, j = group % 8 / 2, first = 16 * (group % 2);
      for (int l = 0; l < 16; ++l) {
        const int four = low[64 * part + 32 * (j % 2) + first + l] >> (j < 2 ? 0 : 4) & 15;
        const int two = high[32 * part + first + l] >> (2 * j) & 3;
        x[16 * group + l] = scale * static_cast<float>((four | two << 4) - 32);
      }
    }
  });
}

// d, halves: d · level[q]
void dequantise_iq4_nl(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 18, out, [](Bytes block, float* x) {
    const float d = f16(block);
    for (int i = 0; i < kSmall; ++i) {
      x[i] = d * kLevels[static_cast<size_t>(half_of(block + 2, i))];
    }
  });
}

// d, high bits of the scales (16 bits), low bits[4], quants[128]; groups of 32.
void dequantise_iq4_xs(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kLarge, 136, out, [](Bytes block, float* x) {
    const float d = f16(block);
    const int high = u16(block + 2);
    for (int group = 0; group < 8; ++group) {
      const int low = block[4 + group / 2] >> (4 * (group % 2)) & 15;
      const float scale = d * static_cast<float>((low | (high >> (2 * group) & 3) << 4) - 32);
      const Bytes quants = block + 8 + 16 * group;
      for (int i = 0; i < kSmall; ++i) {
        x[32 * group + i] = scale * kLevels[static_cast<size_t>(half_of(quants, i))];
      }
    }
  });
}

// exponent, halves: level[q] · 2^(exponent − 128), subnormal below 2.
void dequantise_mxfp4(const std::byte* blocks, int64_t count, float* out) {
  each_block(blocks, count, kSmall, 17, out, [](Bytes block, float* x) {
    const uint32_t exponent = block[0];
    const float d =
        float_of_bits(exponent < 2 ? uint32_t{0x00200000} << exponent : (exponent - 1) << 23);
    for (int i = 0; i < kSmall; ++i) {
      x[i] = d * kE2m1[static_cast<size_t>(half_of(block + 1, i))];
    }
  });
}

}  // namespace headscope
