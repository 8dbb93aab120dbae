// SHA-256 (FIPS 180-4) without a library: the core builds to WebAssembly, where there is no
// libcrypto. Names traces, tells one corpus from another, draws samples; what hashes whole models
// uses io/sha256.h, which is faster.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headscope {

class Digest {
 public:
  using Bytes = std::array<uint8_t, 32>;

  // The length of each piece counts: "ab" + "c" differs from "a" + "bc".
  void add(const void* data, size_t bytes);
  void add(std::string_view text) { add(text.data(), text.size()); }
  // Bytes as they are, without a length.
  void update(const void* data, size_t bytes);
  // Each ends the digest: nothing may be added afterwards.
  Bytes finish();
  std::string hex();        // 64 digits
  std::string short_hex();  // the first 16 of them

 private:
  void block(const uint8_t* data);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> rest_{};
  size_t held_ = 0;      // bytes of rest_
  uint64_t length_ = 0;  // bytes in all
};

}  // namespace headscope
