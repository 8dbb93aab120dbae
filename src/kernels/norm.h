// Normalisations of rows, after adding a residual, z = x + r:
//   kLayer  (z − mean(z)) / sqrt(var(z) + eps) · gamma + beta   (Ba, Kiros, Hinton 2016)
//   kRms    z / sqrt(mean(z²) + eps) · gamma                    (Zhang, Sennrich 2019)
// Mean and variance are of the row (biased, in two passes, as the reference computes them).
#pragma once

#include <cstdint>

namespace headscope {

enum class NormKind { kLayer, kRms };

struct Norm {
  const float* gamma = nullptr;  // [D]
  const float* beta = nullptr;   // [D], or null: none
  float eps = 1e-12f;
  NormKind kind = NormKind::kLayer;
};

// x, residual (null: none), y: [rows, width]; y may be x or the residual.
void normalise(const Norm& norm, const float* x, const float* residual, int64_t rows, int64_t width,
               float* y);
// Normalises each of `heads` neighbouring slices of Dh = width floats of each row in place; rows
// are `stride` floats apart.
void normalise_heads(const Norm& norm, int64_t rows, int64_t stride, int64_t heads, int64_t width,
                     float* x);
// x += y, [count].
void add(const float* y, int64_t count, float* x);

}  // namespace headscope
