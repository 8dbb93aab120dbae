// Rotary position embedding (Su et al. 2021): pairs of dimensions of a query or key turn by an
// angle that grows with the token's position.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headscope {

// cos and sin of every position and pair, [positions, pairs], times the rope's factor. Angles are
// float32 products of position and frequency, as the reference computes them.
struct RopeTable {
  int64_t pairs = 0;
  bool interleaved = false;  // pairs (0,1), (2,3) …; else (i, i + pairs)
  std::vector<float> cosine, sine;
  int64_t positions() const { return pairs > 0 ? static_cast<int64_t>(cosine.size()) / pairs : 0; }
};

RopeTable rope_table(std::span<const double> frequencies, double factor, bool interleaved,
                     int64_t positions);

// Turns the first 2·pairs of `width` dimensions of each of `heads` neighbouring slices of a row.
void rotate_row(const RopeTable& table, int64_t position, int64_t heads, int64_t width, float* row);

}  // namespace headscope
