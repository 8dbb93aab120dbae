#include <optional>
#include <string_view>

#include "headscope/runner.h"

namespace headscope {

std::string_view name_of(Truncation strategy) {
  switch (strategy) {
    case Truncation::kLongestFirst:
      return "longest-first";
    case Truncation::kOnlyFirst:
      return "only-first";
    case Truncation::kOnlySecond:
      return "only-second";
    case Truncation::kNone:
      break;
  }
  return "none";
}

std::optional<Truncation> parse_truncation(std::string_view name) {
  for (const auto strategy : {Truncation::kNone, Truncation::kLongestFirst, Truncation::kOnlyFirst,
                              Truncation::kOnlySecond}) {
    if (name_of(strategy) == name) return strategy;
  }
  return std::nullopt;
}

}  // namespace headscope
