#include "headscope/utf8.h"

namespace headscope {

namespace {

uint8_t byte_at(std::string_view text, size_t pos) { return static_cast<uint8_t>(text[pos]); }

// Length of the sequence that a first byte promises and the range of its second byte
// (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
struct Lead {
  uint32_t bytes;
  uint8_t second_low;
  uint8_t second_high;
};

Lead lead_of(uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Char read_utf8(std::string_view text, size_t pos) {
  const uint8_t first = byte_at(text, pos);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.bytes == 0) return {kReplacement, 1, false};
  char32_t code = first & (0x7Fu >> lead.bytes);
  for (uint32_t i = 1; i < lead.bytes; ++i) {
    const uint8_t low = i == 1 ? lead.second_low : 0x80;
    const uint8_t high = i == 1 ? lead.second_high : 0xBF;
    if (pos + i >= text.size() || byte_at(text, pos + i) < low || byte_at(text, pos + i) > high) {
      return {kReplacement, i, false};
    }
    code = (code << 6) | (byte_at(text, pos + i) & 0x3Fu);
  }
  return {code, lead.bytes, true};
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::optional<Utf8Problem> find_invalid_utf8(std::string_view text) {
  size_t line = 1;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    if (!c.valid) return Utf8Problem{pos, line};
    line += c.code == '\n';
    pos += c.bytes;
  }
  return std::nullopt;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    append_utf8(out, c.code);
    pos += c.bytes;
  }
  return out;
}

}  // namespace headscope
