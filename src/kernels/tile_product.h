// y = x·Wᵀ + b in tiles of bfloat16 pairs with float32 sums: kernels/panel_product.h for processors
// with AMX. A float32 is taken as the sum of as many bfloat16 as its precision has parts:
//   bf16    one part,    one product
//   bf16x3  two parts,   three of the four products
//   f32     three parts, six of the nine: "bf16x6", as exact as float32 products. The three left
//           out are 2⁻²⁴ of the whole or less.
// Every sum has one order, whatever the number of rows and threads, so that a row's bits depend on
// it alone. Numbers below 2⁻¹²⁶ count as 0, factors' parts and sums alike: the instruction has no
// denormals (docs/decisions/285-products-in-amx-tiles.md).
#pragma once

#include <cstdint>
#include <optional>

#include "headscope/precision.h"
#include "kernels/activation.h"

namespace headscope {

// Floats that W [out, in] takes packed.
int64_t tile_panels_size(int64_t out, int64_t in, Precision precision);
void pack_tile_panels(const float* weight, int64_t out, int64_t in, Precision precision,
                      float* panels);
// x [rows, in] → y [rows, out], or activation(y); bias [out] may be null. Runs on tiles alone: only
// where tiles_work() (kernels/tile_support.h).
void tile_product(const float* x, int64_t rows, int64_t in, const float* panels, const float* bias,
                  int64_t out, Precision precision, float* y,
                  std::optional<Activation> activation = {});
// Bytes that a product of this many rows needs beside x and y, in any precision.
int64_t tile_product_bytes(int64_t rows, int64_t in);

}  // namespace headscope
