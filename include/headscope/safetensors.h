// safetensors: read, validate, write. Reference: the format's own description
// (8-byte little-endian header length, JSON header, contiguous data).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/array.h"

namespace headscope {

struct TensorEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  const std::byte* data =
      nullptr;  // into the file's bytes, which must outlive the entry; may be unaligned
  int64_t bytes = 0;
  int64_t count() const;  // number of elements
};

// A validated view of one file's bytes (memory-mapped or not); owns nothing.
class SafetensorsView {
 public:
  // Checks header length, JSON, names, dtypes, shapes, that offsets are inside, in order, without
  // hole or overlap. Throws Error(kBadInput) that names `source` and what is wrong.
  SafetensorsView(std::span<const std::byte> bytes, const std::string& source);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::vector<TensorEntry>& tensors() const { return tensors_; }  // in file order
  const TensorEntry* find(std::string_view name) const;                 // null where absent

 private:
  std::map<std::string, std::string> metadata_;
  std::vector<TensorEntry> tensors_;
  std::map<std::string, size_t, std::less<>> index_;
};

// Copies an entry as float32 (F32, F16, BF16, F64). Throws Error(kBadInput) for other types.
std::vector<float> to_float(const TensorEntry& entry);

struct TensorToWrite {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  const void* data = nullptr;
};
// The bytes of a file; the header is padded with spaces so that data starts 8-byte aligned.
std::string write_safetensors(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata = {});
// Streams to `path`.tmp, then renames: a reader never sees half a file.
void write_safetensors_file(const std::string& path, const std::vector<TensorToWrite>& tensors,
                            const std::map<std::string, std::string>& metadata = {});

}  // namespace headscope
