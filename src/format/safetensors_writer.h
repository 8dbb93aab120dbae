// Writes a safetensors file one tensor at a time, for files larger than memory should hold: the
// header goes first, so names, dtypes and shapes are declared up front.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "format/atomic_file.h"
#include "headscope/safetensors.h"

namespace headscope {

struct TensorDeclaration {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
};

// The order in which tensors lie in a file: wider elements first, otherwise as declared, so that
// every tensor is aligned to its element (JavaScript's typed arrays and SIMD loads need that).
std::vector<size_t> safetensors_order(const std::vector<TensorDeclaration>& tensors);

// Length and JSON header of a file that holds `tensors` in exactly this order.
std::string safetensors_header(const std::vector<TensorDeclaration>& tensors,
                               const std::map<std::string, std::string>& metadata);

class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::string& path, std::vector<TensorDeclaration> tensors,
                    const std::map<std::string, std::string>& metadata);

  // In file order: safetensors_order of the declarations.
  const std::vector<TensorDeclaration>& order() const { return tensors_; }
  // The bytes of the next tensor in order(), whole.
  void write_next(const void* data, size_t bytes);
  // Checks that every tensor was written, then renames into place.
  void commit();

 private:
  std::vector<TensorDeclaration> tensors_;
  size_t next_ = 0;
  AtomicFile file_;
};

}  // namespace headscope
