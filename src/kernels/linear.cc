#include "kernels/linear.h"

#include <algorithm>
#include <cassert>

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
  weights_.reserve(static_cast<size_t>(panels_size(out_, in, kind)));
  pack_panels(joined, out_, in, kind, weights_.data());
}

void Linear::apply(const float* x, int64_t rows, float* y) const {
  assert(!empty());
  if (rows == 0) return;
  panel_product(x, rows, in_, weights_.data(), bias_.data(), out_, kind_, y);
}

}  // namespace headscope
