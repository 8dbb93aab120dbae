#include "text/byte_letters.h"

#include "headscope/utf8.h"

namespace headscope {

void to_byte_letters(AlignedText& text) {
  AlignedText out;
  out.begin = text.begin;
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    bytes.clear();
    append_utf8(bytes, text.codes[i]);
    for (const char byte : bytes) {
      out.codes.push_back(letter_of(static_cast<uint8_t>(byte)));
      out.sources.push_back(text.sources[i]);
    }
  }
  text = std::move(out);
}

std::u32string codes_of(std::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text, at);
    out.push_back(c.code);
    at += c.bytes;
  }
  return out;
}

}  // namespace headscope
