// In what numbers the weight matrices of a model are kept and multiplied. Attention itself, norms,
// activations and all sums are float32 in each.
#pragma once

#include <optional>
#include <string>

namespace headscope {

enum class Precision {
  kF32,
  // A float32 as the sum of two bfloat16, high and low; three of the four products, those of two
  // low parts left out: about 16 bits of each factor.
  kBf16x3,
  kBf16  // factors rounded to bfloat16
};

// "f32", "bf16x3", "bf16".
std::string name_of(Precision precision);
std::optional<Precision> parse_precision(const std::string& name);

}  // namespace headscope
