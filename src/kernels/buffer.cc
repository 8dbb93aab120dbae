#include "kernels/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace headscope {

namespace {

constexpr size_t kLine = 64;
constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

Buffer::~Buffer() { std::free(data_); }

float* Buffer::reserve(size_t count) {
  const size_t wanted = count * sizeof(float);
  if (wanted <= bytes_) return data_;
  const bool huge = wanted >= 2 * kHugePage;
  const size_t alignment = huge ? kHugePage : kLine;
  const size_t bytes = (wanted + kLine - 1) / kLine * kLine;
  std::free(data_);
  data_ = nullptr;
  bytes_ = 0;
  // aligned_alloc asks for a multiple of the alignment; pages never touched cost nothing.
  data_ = static_cast<float*>(
      std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
  if (!data_) throw std::bad_alloc();
  if (huge) madvise(data_, bytes, MADV_HUGEPAGE);  // advice: no matter if refused
  bytes_ = bytes;
  return data_;
}

}  // namespace headscope
