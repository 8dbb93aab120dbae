// The product of kernels/tile_product.h over any Tiles, a class of eight tiles of 16 rows of 64
// bytes, made once a task:
//   zero<T>()             T = 0
//   load<T>(from)         16 rows, 64 bytes apart
//   store<T>(to, stride)  rows of 16 floats
//   dot<C, A, B>()        C [16, 16] += A [16, 16 pairs] × B [16 pairs, 16]
// AmxTiles are the processor's; the tests have some in plain C++.
//
// Packed numbers are bfloat16 in tiles of 1 KB. A step is 32 inputs, 16 pairs. Rows lie as
// [blocks of 16][steps][parts][16][32 inputs], weights as panels of 32 outputs:
// [panels][steps][parts][2 halves][16 pairs][16 outputs][2 inputs]. Missing rows, outputs and
// inputs are 0.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "headscope/precision.h"
#include "headscope/tensor.h"
#include "kernels/activation.h"
#include "kernels/buffer.h"

namespace headscope::tile {

constexpr int64_t kSide = 16, kPanelOutputs = 32, kStep = 32;
constexpr int64_t kTile = 512;  // bfloat16
// Steps whose products are added in one float32 chain: 768 inputs.
constexpr int64_t kChunk = 24;
// Rows of a task: their chunk stays in the second-level cache, beside one of a panel.
constexpr int64_t kGroup = 256;
// Rows packed at once.
constexpr int64_t kMostRows = 4 * kGroup;

constexpr int64_t blocks_of(int64_t count, int64_t block) { return (count + block - 1) / block; }

struct Factors {
  int row, weight;  // parts, 0 the highest
};
// The products of a step. Neighbours share a factor, so that its tiles are loaded once; of six the
// largest comes last.
template <int kParts>
constexpr auto kProducts = std::array<Factors, 1>{{{0, 0}}};
template <>
inline constexpr auto kProducts<2> = std::array<Factors, 3>{{{0, 1}, {0, 0}, {1, 0}}};
template <>
inline constexpr auto kProducts<3> =
    std::array<Factors, 6>{{{0, 2}, {0, 1}, {1, 1}, {1, 0}, {2, 0}, {0, 0}}};

struct TileJob {
  uint16_t* rows;  // packed
  int64_t count;   // of rows
  int64_t in;
  const uint16_t* panels;
  const float* bias;  // or null
  int64_t out;
  float* y;
  std::optional<Activation> activation = {};  // of y

  int64_t steps() const { return blocks_of(in, kStep); }
};

// 32 inputs as kParts rows of bfloat16, kTile apart: each part the nearest to what the ones before
// it leave, ties to even.
template <int kParts>
[[gnu::always_inline]] inline void split(const float* from, uint16_t* to) {
  float rest[kStep];
  for (int64_t i = 0; i < kStep; ++i) rest[i] = from[i];
  for (int part = 0; part < kParts; ++part) {
    for (int64_t i = 0; i < kStep; ++i) {
      const uint32_t bits = std::bit_cast<uint32_t>(rest[i]);
      const uint32_t near = bits + 0x7fffu + ((bits >> 16) & 1u);
      to[part * kTile + i] = static_cast<uint16_t>(near >> 16);
      rest[i] -= std::bit_cast<float>(near & 0xffff0000u);
    }
  }
}

// split() of a step that may end early.
template <int kParts>
[[gnu::always_inline]] inline void split_some(const float* from, int64_t count, uint16_t* to) {
  if (count >= kStep) return split<kParts>(from, to);
  float padded[kStep] = {};
  std::copy_n(from, count, padded);
  split<kParts>(padded, to);
}

// Rows [16·block, 16·block + 16) of x.
template <int kParts>
[[gnu::always_inline]] inline void pack_rows(const float* x, const TileJob& job, int64_t block) {
  const int64_t steps = job.steps(), first = block * kSide;
  uint16_t* to = job.rows + block * steps * kParts * kTile;
  const int64_t count = std::min(kSide, job.count - first);
  if (count < kSide) std::fill_n(to, steps * kParts * kTile, uint16_t{0});
  for (int64_t r = 0; r < count; ++r) {
    const float* row = x + (first + r) * job.in;
    for (int64_t s = 0; s < steps; ++s) {
      split_some<kParts>(row + s * kStep, job.in - s * kStep, to + s * kParts * kTile + r * kStep);
    }
  }
}

// Panel p of W [out, in].
template <int kParts>
[[gnu::always_inline]] inline void pack_panel(const float* weight, int64_t out, int64_t in,
                                              int64_t p, uint16_t* panels) {
  const int64_t steps = blocks_of(in, kStep);
  uint16_t* panel = panels + p * steps * kParts * 2 * kTile;
  uint16_t parts[kParts * kTile];
  for (int64_t s = 0; s < steps; ++s) {
    for (int64_t column = 0; column < kPanelOutputs; ++column) {
      const int64_t o = p * kPanelOutputs + column;
      if (o < out) {
        split_some<kParts>(weight + o * in + s * kStep, in - s * kStep, parts);
      } else {
        for (int part = 0; part < kParts; ++part) {
          std::fill_n(parts + part * kTile, kStep, uint16_t{0});
        }
      }
      for (int part = 0; part < kParts; ++part) {
        uint16_t* tile = panel + ((s * kParts + part) * 2 + column / kSide) * kTile;
        for (int64_t i = 0; i < kStep; ++i) {
          tile[i / 2 * kStep + column % kSide * 2 + i % 2] = parts[part * kTile + i];
        }
      }
    }
  }
}

// Tiles 0 to 3 hold the sums of 32 rows × 32 outputs, 4 and 5 rows, 6 and 7 weights.
//
// Product I of a step, with its share of the next panel fetched to the second-level cache between
// the tile operations: a panel is read once by few rows, and the processor does not see where the
// next one begins.
template <int kParts, bool kTwo, int I, class Tiles>
[[gnu::always_inline]] inline void multiply(Tiles& tiles, const uint16_t* rows, int64_t second,
                                            const uint16_t* weights, const char* next) {
  constexpr auto& kAll = kProducts<kParts>;
  constexpr Factors kThis = kAll[I], kBefore = I > 0 ? kAll[I - 1] : Factors{-1, -1};
  constexpr int kLines = kParts * 2 * 16, kCount = static_cast<int>(kAll.size());
  constexpr int kFirst = kLines * I / kCount, kEnd = kLines * (I + 1) / kCount;
  constexpr int kHalf = (kFirst + kEnd) / 2;
  const auto fetch = [next](int first, int end) __attribute__((always_inline)) {
    if (!next) return;
    for (int line = first; line < end; ++line) __builtin_prefetch(next + line * 64, 0, 2);
  };
  if constexpr (kThis.row != kBefore.row) {
    tiles.template load<4>(rows + kThis.row * kTile);
    if constexpr (kTwo) tiles.template load<5>(rows + second + kThis.row * kTile);
  }
  if constexpr (kThis.weight != kBefore.weight) {
    tiles.template load<6>(weights + kThis.weight * 2 * kTile);
    tiles.template load<7>(weights + (kThis.weight * 2 + 1) * kTile);
  }
  tiles.template dot<0, 4, 6>();
  if constexpr (kTwo) tiles.template dot<2, 5, 6>();
  fetch(kFirst, kHalf);
  tiles.template dot<1, 4, 7>();
  if constexpr (kTwo) tiles.template dot<3, 5, 7>();
  fetch(kHalf, kEnd);
}

template <int kParts, bool kTwo, class Tiles, int... I>
[[gnu::always_inline]] inline void multiply_step(std::integer_sequence<int, I...>, Tiles& tiles,
                                                 const uint16_t* rows, int64_t second,
                                                 const uint16_t* weights, const char* next) {
  (multiply<kParts, kTwo, I>(tiles, rows, second, weights, next), ...);
}

// sums [16 or 32, 32] = rows × panel over `steps`; the second block of rows, where kTwo, lies
// `second` numbers behind the first.
template <int kParts, bool kTwo, class Tiles>
[[gnu::always_inline]] inline void multiply_block(Tiles& tiles, const uint16_t* rows,
                                                  int64_t second, const uint16_t* weights,
                                                  int64_t steps, const char* next, float* sums) {
  tiles.template zero<0>();
  tiles.template zero<1>();
  if constexpr (kTwo) {
    tiles.template zero<2>();
    tiles.template zero<3>();
  }
  constexpr auto kEach =
      std::make_integer_sequence<int, static_cast<int>(kProducts<kParts>.size())>();
  for (int64_t s = 0; s < steps; ++s) {
    multiply_step<kParts, kTwo>(kEach, tiles, rows, second, weights, next);
    rows += kParts * kTile;
    weights += kParts * 2 * kTile;
    if (next) next += kParts * 2 * kTile * 2;
  }
  constexpr int64_t kStride = kPanelOutputs * 4;
  tiles.template store<0>(sums, kStride);
  tiles.template store<1>(sums + kSide, kStride);
  if constexpr (kTwo) {
    tiles.template store<2>(sums + kSide * kPanelOutputs, kStride);
    tiles.template store<3>(sums + kSide * kPanelOutputs + kSide, kStride);
  }
}

// y [count, columns] = sums + what is there, or + bias for the first chunk.
[[gnu::always_inline]] inline void finish(const float* __restrict sums, int64_t count,
                                          int64_t columns, bool add, const float* __restrict bias,
                                          float* __restrict y, int64_t stride) {
  float first[kPanelOutputs] = {};
  if (bias) std::copy_n(bias, columns, first);
  for (int64_t r = 0; r < count; ++r) {
    const float* from = sums + r * kPanelOutputs;
    float* to = y + r * stride;
    if (columns == kPanelOutputs) {
      for (int64_t c = 0; c < kPanelOutputs; ++c) to[c] = (add ? to[c] : first[c]) + from[c];
    } else {
      for (int64_t c = 0; c < columns; ++c) to[c] = (add ? to[c] : first[c]) + from[c];
    }
  }
}

// Rows and panels of a task. `rows` begins at a multiple of 16.
template <int kParts, class Tiles>
[[gnu::always_inline]] inline void multiply_task(const TileJob& job, Range rows, Range panels) {
  Tiles tiles;
  alignas(64) float sums[2 * kSide * kPanelOutputs];
  const int64_t steps = job.steps();
  const int64_t block = steps * kParts * kTile, panel = 2 * block;
  for (int64_t s = 0; s < steps; s += kChunk) {
    const int64_t count = std::min(kChunk, steps - s), after = std::min(kChunk, steps - s - count);
    for (int64_t p = panels.begin; p < panels.end; ++p) {
      const uint16_t* weights = job.panels + p * panel + s * kParts * 2 * kTile;
      // As many steps are fetched as are multiplied, so that the last, shorter chunk is not.
      const uint16_t* next = weights + panel;
      if (p + 1 == panels.end) {
        next = after == count ? job.panels + panels.begin * panel + (s + count) * kParts * 2 * kTile
                              : nullptr;
      }
      const int64_t first = p * kPanelOutputs;
      for (int64_t i = rows.begin; i < rows.end; i += 2 * kSide, next = nullptr) {
        const uint16_t* x = job.rows + i / kSide * block + s * kParts * kTile;
        const auto* fetched = reinterpret_cast<const char*>(next);
        if (rows.end - i > kSide) {
          multiply_block<kParts, true>(tiles, x, block, weights, count, fetched, sums);
        } else {
          multiply_block<kParts, false>(tiles, x, block, weights, count, fetched, sums);
        }
        const int64_t its = std::min(2 * kSide, rows.end - i);
        const int64_t columns = std::min(kPanelOutputs, job.out - first);
        float* y = job.y + i * job.out + first;
        finish(sums, its, columns, s > 0, job.bias ? job.bias + first : nullptr, y, job.out);
        if (job.activation && after == 0) {
          activate_block(*job.activation, y, its, columns, job.out);
        }
      }
    }
  }
}

// Instance: the functions above for one number of parts and one kind of Tiles, compiled for the
// processors that have them:
//   rows(x, job, block), panel(weight, out, in, p, panels), task(job, rows, panels)
template <class Instance>
void pack_all_panels(const float* weight, int64_t out, int64_t in, uint16_t* panels) {
  parallel_for(blocks_of(out, kPanelOutputs),
               [&](int64_t p) { Instance::panel(weight, out, in, p, panels); });
}

template <class Instance>
void multiply_all(const float* x, int64_t rows, TileJob job) {
  float* const y = job.y;
  for (int64_t begin = 0; begin < rows; begin += kMostRows) {
    job.count = std::min(kMostRows, rows - begin);
    job.y = y + begin * job.out;
    const float* from = x + begin * job.in;
    // Few rows are packed sooner than other threads are awake.
    constexpr int64_t kQuick = 100'000;
    const int64_t blocks = blocks_of(job.count, kSide);
    if (job.count * job.in < kQuick) {
      for (int64_t b = 0; b < blocks; ++b) Instance::rows(from, job, b);
    } else {
      parallel_for(blocks, [&](int64_t b) { Instance::rows(from, job, b); });
    }
    // Work is cut by rows and outputs only, so that every sum has one order.
    const int64_t panels = blocks_of(job.out, kPanelOutputs), groups = blocks_of(job.count, kGroup);
    const int64_t together = std::clamp<int64_t>(panels * groups / (8 * max_threads()), 1, 8);
    const int64_t cuts = blocks_of(panels, together);
    parallel_for(groups * cuts, [&](int64_t task) {
      const int64_t i = task / cuts * kGroup, p = task % cuts * together;
      Instance::task(job, {i, std::min(job.count, i + kGroup)},
                     {p, std::min(panels, p + together)});
    });
  }
}

constexpr int parts_of(Precision precision) {
  return precision == Precision::kBf16 ? 1 : precision == Precision::kBf16x3 ? 2 : 3;
}

// Numbers that rows and panels take packed.
constexpr int64_t rows_numbers(int64_t rows, int64_t in, int parts) {
  return blocks_of(std::min(rows, kMostRows), kSide) * blocks_of(in, kStep) * parts * kTile;
}
constexpr int64_t panels_numbers(int64_t out, int64_t in, int parts) {
  return blocks_of(out, kPanelOutputs) * blocks_of(in, kStep) * parts * 2 * kTile;
}

}  // namespace headscope::tile
