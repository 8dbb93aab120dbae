// Layer normalisation (Ba, Kiros, Hinton 2016) of rows, after adding a residual:
//   z = x + r,  y = (z − mean(z)) / sqrt(var(z) + eps) · gamma + beta
// Mean and variance are of the row (biased, in two passes, as the reference computes them).
#pragma once

#include <cstdint>

namespace headscope {

struct Norm {
  const float* gamma = nullptr;  // [D]
  const float* beta = nullptr;   // [D]
  float eps = 1e-12f;
};

// x, residual (null: none), y: [rows, width]; y may be x or the residual.
void layer_norm(const Norm& norm, const float* x, const float* residual, int64_t rows,
                int64_t width, float* y);
// x += y, [count].
void add(const float* y, int64_t count, float* x);

}  // namespace headscope
