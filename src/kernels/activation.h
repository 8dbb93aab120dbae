// The activations of feed-forward layers.
//   gelu       x·Φ(x), Φ the normal distribution function (Hendrycks, Gimpel 2016), by erf;
//              within 3e-7 of double precision for |x| < 12
//   gelu-tanh  x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the approximation of the same paper
//   relu       max(x, 0)
//   silu       x / (1 + exp(−x))
// A product of rows applies them to what it has just written (kernels/linear.h).
#pragma once

#include <cstdint>

namespace headscope {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu };

// x[i] = activation(x[i]) for i < count; the threads of the team share the work.
void activate(Activation activation, float* x, int64_t count);

// The same of y [rows, columns], whose rows lie `stride` numbers apart, by the calling thread
// alone.
void activate_block(Activation activation, float* y, int64_t rows, int64_t columns, int64_t stride);

// The gated form (Shazeer 2020): y[i, c] = activation(x[i, c]) · x[i, F + c], x [rows, 2·F],
// y [rows, F]; y may be x only where rows is 1.
void activate_gated(Activation activation, const float* x, int64_t rows, int64_t inner, float* y);

}  // namespace headscope
