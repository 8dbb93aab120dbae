// Reads little-endian numbers and variable-length integers from bytes that may be anything: every
// read is checked against what is left, and a failed one throws naming the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "headscope/error.h"

namespace headscope {

class ByteCursor {
 public:
  // `source` names the bytes in errors: "F.index: data block at byte 0".
  ByteCursor(std::span<const std::byte> bytes, std::string source)
      : bytes_(bytes), source_(std::move(source)) {}

  bool done() const { return at_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - at_; }
  const std::string& source() const { return source_; }

  std::span<const std::byte> take(uint64_t count) {
    if (count > left()) {
      refuse("needs " + std::to_string(count) + " more bytes where " + std::to_string(left()) +
             " are left");
    }
    const auto part = bytes_.subspan(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return part;
  }
  std::string_view take_text(uint64_t count) {
    const auto part = take(count);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  uint16_t u16() { return static_cast<uint16_t>(little_endian(2)); }
  uint32_t u32() { return static_cast<uint32_t>(little_endian(4)); }
  uint64_t u64() { return little_endian(8); }
  // Seven bits a byte, low ones first, the high bit says that more follow; at most 64 bits.
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint64_t>(take(1)[0]);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    refuse("holds a number of more than 64 bits");
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, source_ + " " + what, "an undamaged file", "Fetch it again");
  }

 private:
  uint64_t little_endian(size_t size) {
    const auto part = take(size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(part[i]) << (8 * i);
    return value;
  }

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  std::string source_;
};

}  // namespace headscope
