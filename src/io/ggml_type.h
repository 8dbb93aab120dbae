// ggml's tensor types: blocks of numbers with shared scales. Layouts and values are those of
// gguf/quants.py (PyPI's gguf 0.19), bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headscope {

struct GgmlType {
  uint32_t id;
  std::string_view name;  // "Q4_K"
  int64_t elements;       // numbers in a block
  int64_t bytes;          // of a block
  // `count` numbers (a multiple of `elements`) from `blocks`. Null: the type is known by name and
  // size but cannot be read as numbers.
  void (*dequantise)(const std::byte* blocks, int64_t count, float* out);
};

// Null where ggml has no such type (any more).
const GgmlType* find_ggml_type(uint32_t id);
// Names of all types that can be read: "F32, F16, …".
std::string readable_ggml_types();
// "Q4_2" where ggml once had that number, else nothing.
std::optional<std::string_view> removed_ggml_type(uint32_t id);

}  // namespace headscope
