// UTF-8 as texts arrive: possibly invalid. A maximal invalid sequence (Unicode 15, 3.9, "maximal
// subpart", as Python's errors='replace' and browsers do it) reads as one U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headscope {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Utf8Char {
  char32_t code = 0;
  uint32_t bytes = 0;  // of the text, 1 to 4; an invalid sequence has 1 to 3
  bool valid = true;
};
// The character that starts at text[pos]; pos < text.size().
Utf8Char read_utf8(std::string_view text, size_t pos);
void append_utf8(std::string& out, char32_t code);

struct Utf8Problem {
  size_t byte = 0;  // offset of the first invalid byte, from 0
  size_t line = 1;  // its line, from 1
};
// Where the first invalid sequence is; nullopt for valid UTF-8.
std::optional<Utf8Problem> find_invalid_utf8(std::string_view text);
// Valid UTF-8: every invalid sequence becomes U+FFFD.
std::string to_valid_utf8(std::string_view text);

}  // namespace headscope
