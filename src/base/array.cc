#include "headscope/array.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/half.h"
#include "headscope/error.h"

namespace headscope {
namespace {

struct DTypeInfo {
  std::string_view name;
  int64_t size;
};
// In the order of DType.
constexpr std::array<DTypeInfo, 10> kDTypes = {{{"F32", 4},
                                                {"F16", 2},
                                                {"BF16", 2},
                                                {"F64", 8},
                                                {"I64", 8},
                                                {"I32", 4},
                                                {"I16", 2},
                                                {"I8", 1},
                                                {"U8", 1},
                                                {"BOOL", 1}}};

template <class Raw, class Convert>
void widen(const std::byte* data, int64_t count, float* out, Convert to) {
  const Raw* from = reinterpret_cast<const Raw*>(data);
  for (int64_t i = 0; i < count; ++i) out[i] = to(from[i]);
}

template <class Raw>
void cast(const std::byte* data, int64_t count, float* out) {
  widen<Raw>(data, count, out, [](Raw value) { return static_cast<float>(value); });
}

template <class Convert>
Array narrowed(const Array& from, DType dtype, Convert to) {
  constexpr int64_t kStep = 4096;
  const auto bits = std::make_shared<std::vector<uint16_t>>(static_cast<size_t>(from.size()));
  float block[kStep];
  for (int64_t begin = 0; begin < from.size(); begin += kStep) {
    const int64_t count = std::min(kStep, from.size() - begin);
    from.read(begin, count, block);
    for (int64_t i = 0; i < count; ++i) (*bits)[static_cast<size_t>(begin + i)] = to(block[i]);
  }
  return Array::borrow(dtype, from.shape(), bits->data(), bits);
}

}  // namespace

int64_t size_of(DType type) { return kDTypes[static_cast<size_t>(type)].size; }
std::string_view name_of(DType type) { return kDTypes[static_cast<size_t>(type)].name; }

Array Array::from(std::vector<float> values, std::vector<int64_t> shape) {
  auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  // An array of no elements is there all the same.
  static constexpr float kNone = 0;
  const float* data = owner->empty() ? &kNone : owner->data();
  Array array = borrow(DType::kF32, std::move(shape), data, owner);
  if (array.size() != static_cast<int64_t>(owner->size())) {
    throw Error(ErrorCode::kBadInput, std::to_string(owner->size()) + " values for an array",
                std::to_string(array.size()) + " by its shape", {}, "HS-ARR-01");
  }
  return array;
}

Array Array::borrow(DType dtype, std::vector<int64_t> shape, const void* data,
                    std::shared_ptr<const void> owner) {
  Array array;
  array.dtype_ = dtype;
  array.shape_ = std::move(shape);
  array.data_ = static_cast<const std::byte*>(data);
  array.owner_ = std::move(owner);
  return array;
}

int64_t Array::size() const {
  if (empty()) return 0;
  int64_t count = 1;
  for (const int64_t extent : shape_) count *= extent;
  return count;
}

std::span<const float> Array::floats() const {
  if (empty()) return {};
  if (dtype_ != DType::kF32) {
    throw Error(ErrorCode::kInternal, "an array of " + std::string(name_of(dtype_)), "F32");
  }
  return {reinterpret_cast<const float*>(data_), static_cast<size_t>(size())};
}

void Array::read(int64_t begin, int64_t count, float* out) const {
  const std::byte* from = data_ + begin * size_of(dtype_);
  switch (dtype_) {
    case DType::kF32:
      if (count > 0) std::memcpy(out, from, static_cast<size_t>(count) * sizeof(float));
      break;
    case DType::kF16:
      widen<uint16_t>(from, count, out, f16_to_float);
      break;
    case DType::kBF16:
      widen<uint16_t>(from, count, out, bf16_to_float);
      break;
    case DType::kF64:
      cast<double>(from, count, out);
      break;
    case DType::kI64:
      cast<int64_t>(from, count, out);
      break;
    case DType::kI32:
      cast<int32_t>(from, count, out);
      break;
    case DType::kI16:
      cast<int16_t>(from, count, out);
      break;
    case DType::kI8:
      cast<int8_t>(from, count, out);
      break;
    case DType::kU8:
    case DType::kBool:
      cast<uint8_t>(from, count, out);
      break;
  }
}

Array Array::as(DType dtype) const {
  if (dtype == dtype_ || empty()) return *this;
  switch (dtype) {
    case DType::kF32: {
      std::vector<float> values(static_cast<size_t>(size()));
      read(0, size(), values.data());
      return from(std::move(values), shape_);
    }
    case DType::kF16:
      return narrowed(*this, dtype, float_to_f16);
    case DType::kBF16:
      return narrowed(*this, dtype, float_to_bf16);
    default:
      throw Error(ErrorCode::kInternal, "an array as " + std::string(name_of(dtype)),
                  "F32, F16 or BF16");
  }
}

}  // namespace headscope
