// WeightStore: the tensors of one checkpoint by name, whatever the file format.
//
// Names and orientation are Hugging Face's ([out, in] for a linear layer): a reader of another
// format translates. Data is memory-mapped where the file allows it, so a tensor costs memory only
// once it is read; drop_pages() gives that memory back after packing. Two threads may read
// different tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

class WeightStore {
 public:
  virtual ~WeightStore() = default;
  // All names, sorted.
  virtual std::vector<std::string> names() const = 0;
  // The tensor's shape; null where there is none of that name.
  virtual const std::vector<int64_t>* shape(std::string_view name) const = 0;
  // The tensor in errors: its file and the name that it has there ("model.safetensors: bert.…").
  virtual std::string place(std::string_view name) const;
  // Whether its type is a floating-point number, or one that stands for such numbers; a buffer of
  // whole numbers is no weight.
  virtual bool is_floating(std::string_view) const { return true; }
  // Bytes of data(name), which is float32 whatever the file holds; 0 where there is no such tensor.
  int64_t float_bytes(std::string_view name) const;
  // Row-major float32, valid for the life of the store (converted once where the file holds
  // another type or orientation). Throws Error(kBadInput) for an unknown name or a type that is no
  // floating-point number.
  virtual const float* data(std::string_view name) const = 0;
  // Rows [begin, begin + count) of the tensor, out [count, columns], a row being its last axis:
  // where the file's layout allows it, only these are converted and nothing is kept.
  virtual void rows(std::string_view name, int64_t begin, int64_t count, float* out) const;
  // The mapped pages of this tensor will not be needed soon (MADV_DONTNEED, or the copy freed:
  // pointers to a converted tensor become invalid).
  virtual void drop_pages(std::string_view name) const = 0;
  // What the errors call it: the file or directory.
  virtual const std::string& source() const = 0;
};

// Opens the weights of a model directory: model.safetensors, pytorch_model.bin, the sharded forms
// of both, a TensorFlow checkpoint or SavedModel, the first that is there. Throws Error(kBadInput)
// (HS-MODEL-01) saying what it found.
std::unique_ptr<WeightStore> open_weights(const std::string& directory);

}  // namespace headscope
