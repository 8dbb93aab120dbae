#include "base/byte_letters.h"

#include <array>

#include "headscope/utf8.h"

namespace headscope {
namespace {

bool is_printable(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) ||
         (byte >= 0xAE && byte <= 0xFF);
}

// Printable bytes stand for themselves; the others, in order, are U+0100 and on.
struct Letters {
  std::array<char32_t, 256> letters{};
  std::array<int, 0x180> bytes{};
  Letters() {
    bytes.fill(-1);
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const char32_t letter = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
      letters[static_cast<size_t>(byte)] = letter;
      bytes[letter] = byte;
    }
  }
};

const Letters& table() {
  static const Letters letters;
  return letters;
}

}  // namespace

char32_t letter_of(uint8_t byte) { return table().letters[byte]; }

int byte_of(char32_t letter) { return letter < table().bytes.size() ? table().bytes[letter] : -1; }

std::string from_byte_letters(std::string_view letters) {
  std::string out;
  for (size_t at = 0; at < letters.size();) {
    const Utf8Char c = read_utf8(letters, at);
    const int byte = byte_of(c.code);
    if (byte >= 0) {
      out.push_back(static_cast<char>(byte));
    } else {
      append_utf8(out, c.code);
    }
    at += c.bytes;
  }
  return out;
}

}  // namespace headscope
