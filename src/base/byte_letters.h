// Byte-level BPE writes each byte of UTF-8 as one printable character (Radford et al. 2019).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headscope {

// The character that stands for `byte`: "Ġ" for a blank.
char32_t letter_of(uint8_t byte);
// The byte that `letter` stands for, −1 where it stands for none.
int byte_of(char32_t letter);
// Bytes of letters; a letter that stands for no byte stays as it is.
std::string from_byte_letters(std::string_view letters);

}  // namespace headscope
