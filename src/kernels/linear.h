// Linear: y = x·Wᵀ + b with W packed once, for oneDNN or for our own kernels.
//
// Goals: one packing serves every number of rows; a row's result has the same bits whatever rows
// stand beside it and however many threads work (docs/decisions/020-matrix-products.md).
// Non-goals: strided rows. oneDNN falls back to a slow path for them (measured), so x and y are
// dense.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/buffer.h"

namespace headscope {

class Linear {
 public:
  // Rows of W that stand one under the other, as query, key and value do in a fused projection.
  struct Part {
    const float* weight = nullptr;  // [out, in]
    const float* bias = nullptr;    // [out], or null: 0
    int64_t out = 0;
  };

  // kAutomatic: oneDNN where it has its blocked kernels, else panels (kernels/panel_product.h).
  enum class Backend { kAutomatic, kPanels };

  // In what numbers weights are packed and products computed.
  enum class Precision { kF32 };

  struct Options {
    Precision precision = Precision::kF32;
    Backend backend = Backend::kAutomatic;
  };

  Linear();
  // Copies and packs; the parts may be freed afterwards. `scratch` is room to join parts in.
  Linear(std::span<const Part> parts, int64_t in, Buffer& scratch, Options options);
  Linear(std::span<const Part> parts, int64_t in, Buffer& scratch)
      : Linear(parts, in, scratch, Options()) {}
  ~Linear();
  Linear(Linear&&) noexcept;
  Linear& operator=(Linear&&) noexcept;

  // x [rows, in] → y [rows, out].
  void apply(const float* x, int64_t rows, float* y) const;

  int64_t in() const;
  int64_t out() const;
  bool empty() const { return !state_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headscope
