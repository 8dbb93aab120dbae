// y = x·Wᵀ + b by our own kernels: W as panels of two vectors of outputs, every sum in one order
// whatever the number of rows and threads. For processors where oneDNN's order depends on them
// (docs/decisions/020-matrix-products.md).
#pragma once

#include <cstdint>

namespace headscope {

// Floats that W [out, in] takes as panels.
int64_t panels_size(int64_t out, int64_t in);
void pack_panels(const float* weight, int64_t out, int64_t in, float* panels);
// x [rows, in] → y [rows, out]; bias [out] may be null.
void panel_product(const float* x, int64_t rows, int64_t in, const float* panels, const float* bias,
                   int64_t out, float* y);

}  // namespace headscope
