// For fuzz targets: sorted tables with right checksums around any content, since no fuzzer guesses
// a CRC32C. Written from LevelDB's table_format.md, not from the reader.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/crc32c.h"

namespace headscope {

inline std::string fuzz_varint(uint64_t value) {
  std::string text;
  for (; value >= 128; value >>= 7) text += static_cast<char>(value | 128);
  return text + static_cast<char>(value);
}

inline std::string fuzz_fixed32(uint32_t value) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift);
  return text;
}

// One entry of a block; it shares nothing with the key before.
inline std::string fuzz_entry(const std::string& key, std::string_view value) {
  std::string text = fuzz_varint(0) + fuzz_varint(key.size()) + fuzz_varint(value.size()) + key;
  return text.append(value);
}

// The end of a block: one restart point, at its start.
inline std::string fuzz_restarts() { return fuzz_fixed32(0) + fuzz_fixed32(1); }

// Content, type 0, masked checksum.
inline std::string fuzz_block(const std::string& content) {
  const std::string covered = content + '\0';
  const uint32_t crc = crc32c(std::as_bytes(std::span(covered)));
  return covered + fuzz_fixed32((crc >> 15 | crc << 17) + 0xa282ead8U);
}

// A table of one data block with this content.
inline std::string fuzz_table(const std::string& content) {
  std::string file = fuzz_block(content);
  const std::string index =
      fuzz_entry("z", fuzz_varint(0) + fuzz_varint(content.size())) + fuzz_restarts();
  std::string footer =
      fuzz_varint(0) + fuzz_varint(0) + fuzz_varint(file.size()) + fuzz_varint(index.size());
  file += fuzz_block(index);
  footer.resize(40);
  return file + footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
}

}  // namespace headscope
