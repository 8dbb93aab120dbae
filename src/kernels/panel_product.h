// y = x·Wᵀ + b, W packed as panels of two vectors of outputs, in one of the Precisions. Every sum
// has one order, whatever the number of rows and threads, so that a row's bits depend on it alone
// (docs/decisions/260-own-matrix-products.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headscope/precision.h"
#include "kernels/activation.h"
#include "kernels/buffer.h"

namespace headscope {

// How products are computed. `native_bf16`: with the processor's instruction for pairs of bfloat16,
// where it has one; false is there for tests. `tiles`: not as here but in the processor's tiles
// (kernels/tile_product.h), which is only where tiles_work().
struct ProductKind {
  Precision precision = Precision::kF32;
  bool native_bf16 = true;
  bool tiles = false;

  bool operator==(const ProductKind&) const = default;
};

// The instructions in use and, but for float32, the precision: "avx2", "avx512_bf16-bf16x3",
// "amx-bf16x3"; float32 in tiles is "amx-bf16x6".
std::string product_path(ProductKind kind);

// Floats that W [out, in] takes as panels.
int64_t panels_size(int64_t out, int64_t in, ProductKind kind);
void pack_panels(const float* weight, int64_t out, int64_t in, ProductKind kind, float* panels);

// W [out, in] as panels, and what is added to each product.
struct Panels {
  const float* panels = nullptr;
  const float* bias = nullptr;  // [out], or null: 0
  int64_t in = 0, out = 0;
  ProductKind kind;
};
// x [rows, in] → y [rows, out], or activation(y).
void panel_product(const float* x, int64_t rows, const Panels& weights, float* y,
                   std::optional<Activation> activation = {});
// y = down(activation(up(x))), the same bits as two products give, of one kind. The rows between
// them are written as the second one reads them: in the precision's own numbers, half as many bytes
// in bfloat16. `inner` is room for them.
void panel_products(const float* x, int64_t rows, const Panels& up, Activation activation,
                    const Panels& down, Buffer& inner, float* y);
// Bytes that a product of this many rows needs beside x and y, in panels.
int64_t product_bytes(int64_t rows, int64_t in);

}  // namespace headscope
