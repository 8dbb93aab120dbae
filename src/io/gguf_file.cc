#include "io/gguf_file.h"

#include <bit>

#include "headscope/error.h"
#include "io/byte_cursor.h"
#include "io/gguf_parse.h"

namespace headscope {
namespace {

// The number that `bytes` hold; integers are sign-extended.
uint64_t raw_integer(GgufType type, std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  const bool is_signed = type == GgufType::kI8 || type == GgufType::kI16 ||
                         type == GgufType::kI32 || type == GgufType::kI64;
  const size_t bits = 8 * bytes.size();
  if (is_signed && bits < 64 && (value >> (bits - 1) & 1) != 0) value |= ~uint64_t{0} << bits;
  return value;
}

bool is_integer(GgufType type) {
  return type != GgufType::kF32 && type != GgufType::kF64 && type != GgufType::kBool &&
         type != GgufType::kString && type != GgufType::kArray;
}

std::string type_text(const GgufValue& value) {
  if (value.type != GgufType::kArray) return std::string(name_of(value.type));
  return "an array of " + std::to_string(value.count) + " " + std::string(name_of(value.element));
}

}  // namespace

GgufFile::GgufFile(std::span<const std::byte> bytes, std::string source)
    : source_(std::move(source)) {
  GgufHeader header = parse_gguf(bytes, source_);
  metadata_ = std::move(header.metadata);
  tensors_ = std::move(header.tensors);
  for (size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const GgufValue* GgufFile::find_value(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

void GgufFile::refuse(std::string_view key, const std::string& got, const std::string& expected,
                      const std::string& action) const {
  throw Error(ErrorCode::kBadInput, source_ + ": " + std::string(key) + " is " + got, expected,
              action);
}

std::optional<int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return std::nullopt;
  if (!is_integer(value->type)) refuse(key, type_text(*value), "a whole number");
  const uint64_t raw = raw_integer(value->type, value->bytes);
  if (value->type == GgufType::kU64 && raw >> 63 != 0) {
    refuse(key, std::to_string(raw), "at most 2^63 - 1");
  }
  return static_cast<int64_t>(raw);
}

std::optional<double> GgufFile::number(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return std::nullopt;
  if (value->type == GgufType::kF32) {
    const uint64_t raw = raw_integer(value->type, value->bytes);
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(raw)));
  }
  if (value->type == GgufType::kF64) {
    return std::bit_cast<double>(raw_integer(value->type, value->bytes));
  }
  if (!is_integer(value->type)) refuse(key, type_text(*value), "a number");
  return static_cast<double>(*integer(key));
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return std::nullopt;
  if (value->type != GgufType::kBool) refuse(key, type_text(*value), "true or false");
  return value->bytes[0] != std::byte{0};
}

std::optional<std::string_view> GgufFile::text(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return std::nullopt;
  if (value->type != GgufType::kString) refuse(key, type_text(*value), "a text");
  return value->text;
}

std::vector<int64_t> GgufFile::integers(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return {};
  const bool whole = is_integer(value->element) || value->element == GgufType::kBool;
  if (value->type != GgufType::kArray || (!whole && value->count > 0)) {
    refuse(key, type_text(*value), "an array of whole numbers");
  }
  std::vector<int64_t> all;
  const size_t size = gguf_size_of(value->element);
  for (size_t i = 0; i < value->count; ++i) {
    all.push_back(
        static_cast<int64_t>(raw_integer(value->element, value->bytes.subspan(i * size, size))));
  }
  return all;
}

std::vector<float> GgufFile::numbers(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return {};
  if (value->type != GgufType::kArray || (value->element != GgufType::kF32 && value->count > 0)) {
    refuse(key, type_text(*value), "an array of float32");
  }
  std::vector<float> all;
  for (size_t i = 0; i < value->count; ++i) {
    const uint64_t raw = raw_integer(GgufType::kF32, value->bytes.subspan(4 * i, 4));
    all.push_back(std::bit_cast<float>(static_cast<uint32_t>(raw)));
  }
  return all;
}

std::vector<std::string_view> GgufFile::texts(std::string_view key) const {
  const GgufValue* value = find_value(key);
  if (!value) return {};
  if (value->type != GgufType::kArray ||
      (value->element != GgufType::kString && value->count > 0)) {
    refuse(key, type_text(*value), "an array of texts");
  }
  std::vector<std::string_view> all;
  ByteCursor cursor(value->bytes, source_ + ": " + std::string(key));
  for (uint64_t i = 0; i < value->count; ++i) all.push_back(cursor.take_text(cursor.u64()));
  return all;
}

bool GgufFile::is_array(std::string_view key) const {
  const GgufValue* value = find_value(key);
  return value && value->type == GgufType::kArray;
}

uint64_t GgufFile::count(std::string_view key) const {
  const GgufValue* value = find_value(key);
  return value ? value->count : 0;
}

}  // namespace headscope
