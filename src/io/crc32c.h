// CRC32C (Castagnoli), the checksum of TensorFlow's checkpoints (RFC 3720, appendix B.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace headscope {

uint32_t crc32c(std::span<const std::byte> bytes);

// Checksums that are stored beside what they cover are masked, so that a checksum of data that
// holds checksums stays a good one (LevelDB's and TensorFlow's formats).
inline uint32_t unmask_crc(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8U;
  return rotated >> 17 | rotated << 15;
}

}  // namespace headscope
