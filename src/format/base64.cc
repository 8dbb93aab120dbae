#include "format/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of each character, −1 where it is none of the alphabet.
constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t k = 0; k < kAlphabet.size(); ++k) {
    values[static_cast<unsigned char>(kAlphabet[k])] = static_cast<int8_t>(k);
  }
  return values;
}();

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t b = 0; b < 3; ++b) {
      group = group << 8 | (b < count ? static_cast<unsigned char>(bytes[i + b]) : 0u);
    }
    for (size_t c = 0; c < 4; ++c) {
      out += c <= count ? kAlphabet[(group >> (18 - 6 * c)) & 63] : '=';
    }
  }
  return out;
}

std::string from_base64(std::string_view text, const std::string& source) {
  const auto refuse = [&](const std::string& got) {
    throw Error(ErrorCode::kBadInput, source + ": " + got, "base64");
  };
  if (text.size() % 4 != 0) refuse("a text of " + std::to_string(text.size()) + " characters");
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool padded = i >= text.size() - padding;
    const int value = padded ? 0 : kValues[static_cast<unsigned char>(text[i])];
    if (value < 0) refuse("character " + std::to_string(i + 1) + " is none of its alphabet");
    group = group << 6 | static_cast<uint32_t>(value);
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(group >> shift & 255);
    group = 0;
  }
  out.resize(out.size() - padding);
  return out;
}

}  // namespace headscope
