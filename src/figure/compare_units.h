// The rows and columns of a comparison's picture: the units of an alignment, those that stand on
// one side alone among them.
#pragma once

#include <cstdint>
#include <vector>

#include "figure/picture_axes.h"
#include "headscope/comparison.h"

namespace headscope {

// In the order of the left text; units of the right alone stand behind what they follow there.
struct ComparedUnits {
  PictureAxis axis;
  std::vector<int64_t>
      matched;  // [units] its number among the matched ones; −1 = on one side alone
};

struct TokensOfSide {
  const TokenSequence& tokens;
  bool byte_tokens;  // ModelInfo::byte_tokens
};

ComparedUnits compared_units(const Alignment& alignment, const TokensOfSide& left,
                             const TokensOfSide& right);

}  // namespace headscope
