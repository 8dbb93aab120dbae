// Buffer: floats that nobody has cleared. Fresh pages cost time when they are first written, so
// they are written once, and large buffers ask for huge pages.
#pragma once

#include <cstddef>
#include <utility>

namespace headscope {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t count) { reserve(count); }
  ~Buffer();
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // At least `count` floats, 64-byte aligned. What was in it is lost when it grows.
  float* reserve(size_t count);
  float* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  float* data_ = nullptr;
  size_t bytes_ = 0;  // allocated
};

}  // namespace headscope
