// FNV-1a, 64 bits, over pieces of text: tells an edited corpus from the one that a checkpoint
// belongs to. Not for what somebody may want to forge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headscope {

class TextHash {
 public:
  // Each piece ends: "ab" + "c" differs from "a" + "bc".
  void add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    value_ = (value_ ^ 0xFF) * 0x100000001B3;  // no byte of UTF-8
  }
  std::string hex() const {
    std::string out(16, '0');
    for (size_t k = 0; k < 16; ++k) out[k] = "0123456789abcdef"[(value_ >> (60 - 4 * k)) & 15];
    return out;
  }

 private:
  uint64_t value_ = 0xCBF29CE484222325;
};

}  // namespace headscope
