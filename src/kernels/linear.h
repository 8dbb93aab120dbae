// Linear: y = x·Wᵀ + b with W packed once, as panels (kernels/panel_product.h) or in tiles
// (kernels/tile_product.h).
//
// Goals: one packing serves every number of rows; a row's result has the same bits whatever rows
// stand beside it and however many threads work (docs/decisions/260-own-matrix-products.md).
// Non-goals: strided rows; x and y are dense.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernels/buffer.h"
#include "kernels/panel_product.h"

namespace headscope {

class Linear {
 public:
  // Rows of W that stand one under the other, as query, key and value do in a fused projection.
  struct Part {
    const float* weight = nullptr;  // [out, in]
    const float* bias = nullptr;    // [out], or null: 0
    int64_t out = 0;
  };

  Linear() = default;
  // Copies and packs; the parts may be freed afterwards. `scratch` is room to join parts in.
  Linear(std::span<const Part> parts, int64_t in, Buffer& scratch, ProductKind kind = {});

  // Bytes that a product of this many rows needs beside x and y.
  static int64_t workspace_bytes(int64_t rows, int64_t in);

  // x [rows, in] → y [rows, out], or activation(y).
  void apply(const float* x, int64_t rows, float* y,
             std::optional<Activation> activation = {}) const;
  // y = down(activation(up(x))), both of one kind, with the bits of two calls; `inner` is room for
  // the rows between them.
  static void feed_forward(const Linear& up, Activation activation, const Linear& down,
                           const float* x, int64_t rows, Buffer& inner, float* y);

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }
  bool empty() const { return out_ == 0; }
  ProductKind kind() const { return kind_; }

 private:
  Panels panels() const { return {weights_.data(), bias_.data(), in_, out_, kind_}; }

  int64_t in_ = 0, out_ = 0;
  ProductKind kind_;
  Buffer weights_;  // packed
  Buffer bias_;     // [out], or empty
};

}  // namespace headscope
