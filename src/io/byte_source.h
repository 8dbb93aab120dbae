// Bytes that come one block after another: from memory, out of an archive's entry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace headscope {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills the front of `buffer` (not empty) and returns how much; 0 at the end. Throws
  // Error(kBadInput) where the bytes are damaged.
  virtual size_t read(std::span<std::byte> buffer) = 0;

  // Fills as much of `buffer` as there is: less than its size only at the end.
  size_t read_fully(std::span<std::byte> buffer) {
    size_t filled = 0;
    while (filled < buffer.size()) {
      const size_t count = read(buffer.subspan(filled));
      if (count == 0) break;
      filled += count;
    }
    return filled;
  }
};

// Bytes in memory that outlive it.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : rest_(bytes) {}
  size_t read(std::span<std::byte> buffer) override {
    const size_t count = std::min(buffer.size(), rest_.size());
    if (count > 0) std::memcpy(buffer.data(), rest_.data(), count);
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace headscope
