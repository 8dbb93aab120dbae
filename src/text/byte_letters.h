// Texts as byte-level BPE cuts them: a letter a byte, each with its source.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_letters.h"
#include "text/aligned_text.h"

namespace headscope {

// Every character becomes the letters of its bytes, each with the character's source.
void to_byte_letters(AlignedText& text);

std::u32string codes_of(std::string_view text);

}  // namespace headscope
