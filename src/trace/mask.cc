#include "headscope/mask.h"

#include <string>
#include <utility>

#include "headscope/error.h"

namespace headscope {

int32_t mask_token(TokenSequence& text, int64_t token, int32_t mask_id) {
  if (token < 0 || token >= text.size()) {
    throw Error(ErrorCode::kUsage, "masked token " + std::to_string(token),
                "a token below " + std::to_string(text.size()), "", "HS-LINK-01");
  }
  const auto at = static_cast<size_t>(token);
  if (text.special[at]) {
    throw Error(ErrorCode::kUsage, "masked token " + text.tokens[at], "a word of the text", "",
                "HS-LINK-01");
  }
  text.tokens[at] = "[MASK]";
  return std::exchange(text.ids[at], mask_id);
}

}  // namespace headscope
