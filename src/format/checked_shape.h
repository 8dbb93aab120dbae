// Shapes come from files: their products are computed with overflow checks, so that no length is
// used before it is known to be true.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace headscope {

// Elements × element size; nothing where a dimension is negative or the product overflows.
inline std::optional<int64_t> checked_bytes(std::span<const int64_t> shape, int64_t element_size) {
  int64_t product = element_size;
  for (const int64_t dim : shape) {
    if (dim < 0 || __builtin_mul_overflow(product, dim, &product)) return std::nullopt;
  }
  return product;
}

// "[8, 7]"
inline std::string shape_text(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace headscope
