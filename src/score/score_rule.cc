#include "headscope/score_rule.h"

#include <algorithm>

namespace headscope {

Range visible_keys(const MaskInfo& mask, int64_t row, int64_t keys) {
  Range seen{0, keys};
  if (mask.kind == MaskKind::kCausal) seen.end = std::min(keys, row + 1);
  if (mask.kind == MaskKind::kWindow) {
    if (mask.left >= 0) seen.begin = std::clamp<int64_t>(row - mask.left, 0, keys);
    if (mask.right >= 0) seen.end = std::min(keys, row + mask.right + 1);
  }
  if (mask.key_length >= 0) seen.end = std::min(seen.end, mask.key_length);
  seen.begin = std::min(seen.begin, seen.end);
  return seen;
}

bool first_key_rests(const MaskInfo& mask) {
  return mask.kind == MaskKind::kCausal || (mask.kind == MaskKind::kWindow && mask.right == 0);
}

}  // namespace headscope
