// GGUF, versions 2 and 3 (ggml's docs/gguf.md): header, metadata and tensor list of one file,
// checked before anything is used, and the parts of a split model.
//
// Nothing is copied but names: values and tensors point into the file's bytes. Not for: version 1,
// big-endian files, arrays of arrays (legal, but llama.cpp refuses them too): refused by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/mapped_file.h"
#include "io/ggml_type.h"

namespace headscope {

// The numbers are the file's.
enum class GgufType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12
};

struct GgufValue {
  GgufType type = GgufType::kU8;
  std::string_view text;             // kString, as it stands: not checked to be UTF-8
  std::span<const std::byte> bytes;  // of a number, or of an array's elements
  GgufType element = GgufType::kU8;  // of a kArray; never kArray
  uint64_t count = 0;                // elements
};

struct GgufTensor {
  std::string name;
  std::vector<int64_t> shape;  // row-major: the reverse of the file's `ne`; no extent is 0
  const GgmlType* type = nullptr;
  std::span<const std::byte> bytes;
};

class GgufFile {
 public:
  // `bytes` outlive it. Throws Error(kBadInput) that names `source` and what is wrong: sizes and
  // counts beyond the file, keys or tensors twice, offsets outside, overlapping or not aligned,
  // types that are unknown or were removed, rows that are no whole blocks.
  GgufFile(std::span<const std::byte> bytes, std::string source);

  const std::string& source() const { return source_; }
  const std::map<std::string, GgufValue, std::less<>>& metadata() const { return metadata_; }
  const std::vector<GgufTensor>& tensors() const { return tensors_; }  // in the file's order
  const GgufTensor* find(std::string_view name) const;                 // null where absent

  // Values of metadata; nothing where there is no such key. Throws Error(kBadInput) that names the
  // key where it holds something else.
  bool has(std::string_view key) const { return metadata_.contains(key); }
  std::optional<int64_t> integer(std::string_view key) const;  // of any integer type
  std::optional<double> number(std::string_view key) const;    // of any number
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string_view> text(std::string_view key) const;
  std::vector<int64_t> integers(std::string_view key) const;  // empty where absent; bools are 0, 1
  std::vector<float> numbers(std::string_view key) const;     // of float32
  std::vector<std::string_view> texts(std::string_view key) const;
  bool is_array(std::string_view key) const;
  // Elements of an array; 0 where absent.
  uint64_t count(std::string_view key) const;

  // Throws Error(kBadInput): "F.gguf: KEY is GOT; expected …".
  [[noreturn]] void refuse(std::string_view key, const std::string& got,
                           const std::string& expected, const std::string& action = {}) const;

 private:
  const GgufValue* find_value(std::string_view key) const;

  std::string source_;
  std::map<std::string, GgufValue, std::less<>> metadata_;
  std::vector<GgufTensor> tensors_;
  std::map<std::string, size_t, std::less<>> index_;
};

struct GgufPart {
  std::shared_ptr<const MappedFile> file;
  GgufFile content;
};

// The file, or all parts of NAME-00001-of-0000N.gguf where it is one of them; the first part has
// the metadata. Throws Error(kNotFound): no such file; Error(kBadInput): as GgufFile, a part is
// missing, does not belong to the others or repeats a tensor.
std::vector<GgufPart> open_gguf_parts(const std::string& path);

}  // namespace headscope
