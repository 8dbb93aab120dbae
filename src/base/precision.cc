#include "headscope/precision.h"

namespace headscope {

std::string name_of(Precision precision) {
  switch (precision) {
    case Precision::kBf16x3:
      return "bf16x3";
    case Precision::kBf16:
      return "bf16";
    default:
      return "f32";
  }
}

std::optional<Precision> parse_precision(const std::string& name) {
  for (const Precision one : {Precision::kF32, Precision::kBf16x3, Precision::kBf16}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

}  // namespace headscope
