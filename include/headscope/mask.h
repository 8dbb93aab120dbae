// A word replaced by the mask token before a run: the text stays, the model sees [MASK] in its
// place.
#pragma once

#include <cstdint>

#include "headscope/trace_info.h"

namespace headscope {

// Puts `mask_id` at `token`, an index into text.ids [N]; returns the id that stood there. Throws
// Error(kUsage, HS-LINK-01) where there is no such token or the template put it there.
int32_t mask_token(TokenSequence& text, int64_t token, int32_t mask_id);

}  // namespace headscope
