// Array: numbers with a shape, an element type and a shared owner. A vector, a mapped file and the
// buffer of another program (NumPy, PyTorch) are held alike, without a copy; copying an Array
// copies no numbers. Row-major and dense. Numbers do not change once an Array holds them.
//
// Non-goals: arithmetic, strides, views of parts (TensorView of headscope/tensor.h is one).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace headscope {

enum class DType { kF32, kF16, kBF16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };
int64_t size_of(DType type);           // bytes of an element
std::string_view name_of(DType type);  // "F32", as safetensors spells it
inline bool is_half(DType type) { return type == DType::kF16 || type == DType::kBF16; }

class Array {
 public:
  Array() = default;  // absent

  // Throws Error(kBadInput, HS-ARR-01) where the shape does not hold so many values.
  static Array from(std::vector<float> values, std::vector<int64_t> shape);
  // `data` is aligned to its element and lives as long as `owner`; size_of(dtype) · Π shape bytes.
  static Array borrow(DType dtype, std::vector<int64_t> shape, const void* data,
                      std::shared_ptr<const void> owner);

  bool empty() const { return data_ == nullptr; }  // absent, not "of no elements"
  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t size() const;  // elements
  int64_t bytes() const { return size() * size_of(dtype_); }
  const std::byte* data() const { return data_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  // kF32 alone; throws Error(kInternal) for another dtype.
  std::span<const float> floats() const;
  // Elements [begin, begin + count) as float32: F32, F16, BF16, F64, the integers.
  void read(int64_t begin, int64_t count, float* out) const;
  // The same numbers in another element type, rounded to the nearest, ties to even: to kF32, kF16
  // or kBF16. Itself where it has that type already.
  Array as(DType dtype) const;

 private:
  DType dtype_ = DType::kF32;
  std::vector<int64_t> shape_;
  const std::byte* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

}  // namespace headscope
