// Arrays by name, written to and read from the bytes of one safetensors file: for values of our own
// that must come back exactly. (Large files are streamed: format/safetensors_writer.h.)
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/safetensors.h"

namespace headscope {

class ArrayWriter {
 public:
  // Goes before the names of what is put from now on.
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }
  // Throws Error(kInternal) where shape and number of values differ.
  void put(const std::string& name, std::vector<int64_t> shape, const std::vector<double>& values);
  void put(const std::string& name, std::vector<int64_t> shape, const std::vector<float>& values);
  void put(const std::string& name, std::vector<int64_t> shape, const std::vector<int64_t>& values);
  // NAME.bytes U8, NAME.begin I64 [strings + 1]. Any bytes come back as they were.
  void put_strings(const std::string& name, const std::vector<std::string>& strings);

  std::string finish(const std::map<std::string, std::string>& metadata) const;

 private:
  template <class T>
  void add(const std::string& name, DType type, std::vector<int64_t> shape,
           const std::vector<T>& values);

  std::string prefix_;
  std::vector<TensorToWrite> tensors_;
  std::deque<std::string> bytes_;  // of each
};

class ArrayReader {
 public:
  // `bytes` must outlive the reader. Throws Error(kBadInput) naming `source`.
  ArrayReader(std::string_view bytes, std::string source);

  const std::string& source() const { return source_; }
  // The same arrays, named without the `prefix` of their names.
  ArrayReader within(std::string prefix) const;
  const std::map<std::string, std::string>& metadata() const { return view_.metadata(); }
  bool has(const std::string& name) const { return view_.find(prefix_ + name) != nullptr; }

  // −1 in `shape` stands for any size. Throw Error(kBadInput) naming source and array where it is
  // absent, has another type or shape, or a number that is not finite.
  std::vector<double> doubles(const std::string& name, const std::vector<int64_t>& shape) const;
  std::vector<float> floats(const std::string& name, const std::vector<int64_t>& shape) const;
  std::vector<int64_t> integers(const std::string& name, const std::vector<int64_t>& shape) const;
  std::vector<std::string> strings(const std::string& name) const;

  // Throws Error(kBadInput): NAME of `source` is wrong.
  [[noreturn]] void refuse(const std::string& name, const std::string& got,
                           const std::string& expected = {}) const;

 private:
  const TensorEntry& entry(const std::string& name, DType type,
                           const std::vector<int64_t>& shape) const;
  template <class T>
  std::vector<T> values(const std::string& name, DType type,
                        const std::vector<int64_t>& shape) const;

  std::string source_, prefix_;
  SafetensorsView view_;
};

}  // namespace headscope
