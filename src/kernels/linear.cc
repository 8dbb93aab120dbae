#include "kernels/linear.h"

#include <algorithm>
#include <cassert>

#include "kernels/tile_product.h"
#include "kernels/tile_support.h"

namespace headscope {

Linear::Linear(std::span<const Part> parts, int64_t in, Buffer& scratch, ProductKind kind)
    : in_(in), kind_(kind) {
  for (const Part& part : parts) out_ += part.out;
  if (std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.bias; })) {
    float* to = bias_.reserve(static_cast<size_t>(out_));
    for (const Part& part : parts) {
      to = part.bias ? std::copy_n(part.bias, part.out, to) : std::fill_n(to, part.out, 0.0f);
    }
  }
  const float* joined = parts[0].weight;
  if (parts.size() > 1) {
    float* to = scratch.reserve(static_cast<size_t>(out_ * in));
    joined = to;
    for (const Part& part : parts) to = std::copy_n(part.weight, part.out * in, to);
  }
  if (kind.tiles) {
    weights_.reserve(static_cast<size_t>(tile_panels_size(out_, in, kind.precision)));
    pack_tile_panels(joined, out_, in, kind.precision, weights_.data());
    return;
  }
  weights_.reserve(static_cast<size_t>(panels_size(out_, in, kind)));
  pack_panels(joined, out_, in, kind, weights_.data());
}

int64_t Linear::workspace_bytes(int64_t rows, int64_t in) {
  const int64_t panels = product_bytes(rows, in);
  return tiles_work() ? std::max(panels, tile_product_bytes(rows, in)) : panels;
}

void Linear::apply(const float* x, int64_t rows, float* y,
                   std::optional<Activation> activation) const {
  assert(!empty());
  if (rows == 0) return;
  if (kind_.tiles) {
    tile_product(x, rows, in_, weights_.data(), bias_.data(), out_, kind_.precision, y, activation);
    return;
  }
  panel_product(x, rows, panels(), y, activation);
}

void Linear::feed_forward(const Linear& up, Activation activation, const Linear& down,
                          const float* x, int64_t rows, Buffer& inner, float* y) {
  if (rows == 0) return;
  if (up.kind_.tiles || down.kind_.tiles) {
    float* middle = inner.reserve(static_cast<size_t>(rows * up.out_));
    up.apply(x, rows, middle, activation);
    down.apply(middle, rows, y);
    return;
  }
  panel_products(x, rows, up.panels(), activation, down.panels(), inner, y);
}

}  // namespace headscope
