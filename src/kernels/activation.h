// The activations of feed-forward layers, in place.
//   gelu       x·Φ(x), Φ the normal distribution function (Hendrycks, Gimpel 2016), by erf;
//              within 3e-7 of double precision for |x| < 12
//   gelu-tanh  x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the approximation of the same paper
//   relu       max(x, 0)
// Rejected: oneDNN's erf GELU, fused into its product. It saves one pass over rows that are still
// in cache, and its error is larger (docs/decisions/020-matrix-products.md).
#pragma once

#include <cstdint>

namespace headscope {

enum class Activation { kGelu, kGeluTanh, kRelu };

// x[i] = activation(x[i]) for i < count; the threads of the team share the work.
void activate(Activation activation, float* x, int64_t count);

}  // namespace headscope
