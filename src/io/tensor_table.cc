#include "io/tensor_table.h"

#include "headscope/error.h"

namespace headscope {
namespace {

void drop_bytes(const StoredTensor& tensor) {
  if (tensor.file) tensor.file->drop(tensor.bytes.data(), tensor.bytes.size());
}

}  // namespace

bool is_float_aligned(std::span<const std::byte> bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0;
}

void TensorTable::add(std::string name, StoredTensor tensor, const std::string& file) {
  const auto [row, added] = rows_.try_emplace(std::move(name));
  if (!added) {
    throw Error(ErrorCode::kBadInput, file + " holds " + row->first + " a second time",
                "each tensor once");
  }
  row->second.tensor = std::move(tensor);
  row->second.file = file;
}

std::vector<std::string> TensorTable::names() const {
  std::vector<std::string> all;
  all.reserve(rows_.size());
  for (const auto& [name, row] : rows_) all.push_back(name);
  return all;
}

const StoredTensor* TensorTable::find(std::string_view name) const {
  const auto found = rows_.find(name);
  return found == rows_.end() ? nullptr : &found->second.tensor;
}

const std::vector<int64_t>* TensorTable::shape(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  return tensor ? &tensor->shape : nullptr;
}

std::string TensorTable::place(std::string_view name) const {
  const auto found = rows_.find(name);
  if (found == rows_.end()) return WeightStore::place(name);
  return std::string(found->second.file).append(": ").append(name);
}

// Of the names of safetensors and NumPy: I64, U8, BOOL.
bool TensorTable::is_floating(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  if (!tensor || tensor->type.size() < 2) return true;
  const bool digits = tensor->type[1] >= '0' && tensor->type[1] <= '9';
  const bool whole = (tensor->type[0] == 'I' || tensor->type[0] == 'U') && digits;
  return !whole && tensor->type != "BOOL";
}

const float* TensorTable::data(std::string_view name) const {
  const auto found = rows_.find(name);
  if (found == rows_.end()) {
    throw Error(ErrorCode::kBadInput, source_ + " has no tensor " + std::string(name),
                "a tensor of that name");
  }
  const Row& row = found->second;
  if (!row.verified) {
    if (row.tensor.verify) row.tensor.verify();
    row.verified = true;
  }
  if (!row.tensor.read) return reinterpret_cast<const float*>(row.tensor.bytes.data());
  if (row.converted.empty()) {
    std::vector<float> numbers(static_cast<size_t>(float_bytes(name)) / sizeof(float));
    row.tensor.read(numbers.data());
    drop_bytes(row.tensor);
    row.converted = std::move(numbers);
  }
  return row.converted.data();
}

void TensorTable::rows(std::string_view name, int64_t begin, int64_t count, float* out) const {
  const auto found = rows_.find(name);
  const bool apart =
      found != rows_.end() && found->second.tensor.read_rows && found->second.converted.empty();
  if (!apart) return WeightStore::rows(name, begin, count, out);
  found->second.tensor.read_rows(begin, count, out);
}

void TensorTable::drop_pages(std::string_view name) const {
  const auto found = rows_.find(name);
  if (found == rows_.end()) return;
  const Row& row = found->second;
  drop_bytes(row.tensor);
  std::vector<float>().swap(row.converted);
}

}  // namespace headscope
