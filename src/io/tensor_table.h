// TensorTable: a WeightStore made of rows, one a tensor. A row's numbers lie in a mapped file as
// float32, or its reader converts them when they are first asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "format/mapped_file.h"
#include "io/weight_store.h"

namespace headscope {

// bytes.data() is float32 and aligned so that it can be used where it lies.
bool is_float_aligned(std::span<const std::byte> bytes);

struct StoredTensor {
  std::vector<int64_t> shape;  // as the store gives it; its count was checked against the file
  std::string type;            // as the file's format names it: "F32", "Q4_K"
  std::shared_ptr<const MappedFile> file;  // keeps `bytes`; null: they outlive the store
  std::span<const std::byte> bytes;        // in `file`: what drop_pages() drops
  // Fills as many numbers as `shape` has. Null: `bytes` are little-endian float32, aligned.
  // Throws Error(kBadInput).
  std::function<void(float*)> read;
  // Fills rows [begin, begin + count), a row being the last axis; null: only all at once.
  std::function<void(int64_t begin, int64_t count, float*)> read_rows;
  // Runs before the numbers are first used; throws Error(kBadInput). May be null.
  std::function<void()> verify;
};

class TensorTable : public WeightStore {
 public:
  explicit TensorTable(std::string source) : source_(std::move(source)) {}

  // Throws Error(kBadInput) that names `file` where the name is taken.
  void add(std::string name, StoredTensor tensor, const std::string& file);

  std::vector<std::string> names() const override;
  const std::vector<int64_t>* shape(std::string_view name) const override;
  const float* data(std::string_view name) const override;
  void rows(std::string_view name, int64_t begin, int64_t count, float* out) const override;
  void drop_pages(std::string_view name) const override;
  const std::string& source() const override { return source_; }

  std::string place(std::string_view name) const override;
  bool is_floating(std::string_view name) const override;

  // Null where there is none of that name.
  const StoredTensor* find(std::string_view name) const;

 private:
  struct Row {
    StoredTensor tensor;
    std::string file;
    mutable bool verified = false;
    mutable std::vector<float> converted;
  };
  std::string source_;
  std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace headscope
