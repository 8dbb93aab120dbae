// model.safetensors, alone or in shards with model.safetensors.index.json.
#include <algorithm>
#include <filesystem>
#include <map>

#include "format/mapped_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/shard_index.h"
#include "io/stores.h"

namespace headscope {

namespace {

class SafetensorsStore : public WeightStore {
 public:
  SafetensorsStore(std::string source, const std::vector<std::string>& files)
      : source_(std::move(source)) {
    for (const std::string& file : files) {
      auto mapped = std::make_unique<MappedFile>(file);
      auto view = std::make_unique<SafetensorsView>(mapped->bytes(), file);
      for (const TensorEntry& entry : view->tensors()) {
        if (!tensors_.emplace(entry.name, Tensor{&entry, mapped.get(), file, {}}).second) {
          throw Error(ErrorCode::kBadInput, file + " holds " + entry.name + " a second time",
                      "each tensor in one shard");
        }
      }
      files_.push_back(std::move(mapped));
      views_.push_back(std::move(view));
    }
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(tensors_.size());
    for (const auto& [name, tensor] : tensors_) all.push_back(name);
    return all;
  }

  const std::vector<int64_t>* shape(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second.entry->shape;
  }

  const float* data(std::string_view name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      throw Error(ErrorCode::kBadInput, source_ + " has no tensor " + std::string(name),
                  "a tensor of that name");
    }
    const Tensor& tensor = found->second;
    const TensorEntry& entry = *tensor.entry;
    if (!is_floating(name)) {
      throw Error(ErrorCode::kBadInput,
                  place(name) + " has dtype " + std::string(name_of(entry.dtype)),
                  "floating point: F32, F16, BF16 or F64", "", "HS-MODEL-01");
    }
    const bool aligned = reinterpret_cast<uintptr_t>(entry.data) % alignof(float) == 0;
    if (entry.dtype == DType::kF32 && aligned) return reinterpret_cast<const float*>(entry.data);
    if (tensor.converted.empty()) tensor.converted = to_float(entry);
    return tensor.converted.data();
  }

  void rows(std::string_view name, int64_t begin, int64_t count, float* out) const override {
    const auto found = tensors_.find(name);
    const bool apart = found != tensors_.end() && is_floating(name) &&
                       found->second.entry->dtype != DType::kF32 && found->second.converted.empty();
    if (!apart) return WeightStore::rows(name, begin, count, out);
    TensorEntry part = *found->second.entry;
    const int64_t columns = part.shape.back(), row = columns * size_of(part.dtype);
    part.data += begin * row;
    part.bytes = count * row;
    part.shape = {count, columns};
    const std::vector<float> numbers = to_float(part);
    std::copy(numbers.begin(), numbers.end(), out);
  }

  std::string place(std::string_view name) const override {
    const auto found = tensors_.find(name);
    const std::string& file = found == tensors_.end() ? source_ : found->second.path;
    return std::string(file).append(": ").append(name);
  }

  bool is_floating(std::string_view name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return true;
    const DType type = found->second.entry->dtype;
    return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16 ||
           type == DType::kF64;
  }

  void drop_pages(std::string_view name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return;
    found->second.file->drop(found->second.entry->data,
                             static_cast<size_t>(found->second.entry->bytes));
    std::vector<float>().swap(found->second.converted);
  }

  const std::string& source() const override { return source_; }

 private:
  struct Tensor {
    const TensorEntry* entry;
    const MappedFile* file;
    std::string path;
    mutable std::vector<float> converted;
  };
  std::string source_;
  std::vector<std::unique_ptr<MappedFile>> files_;
  std::vector<std::unique_ptr<SafetensorsView>> views_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace

std::unique_ptr<WeightStore> open_safetensors(const std::string& directory) {
  const std::string single = directory + "/model.safetensors";
  if (std::filesystem::exists(single)) {
    return std::make_unique<SafetensorsStore>(single, std::vector{single});
  }
  const auto index = read_shard_index(directory, "model.safetensors.index.json");
  if (!index) return nullptr;
  auto store = std::make_unique<SafetensorsStore>(index->path, index->shards);
  index->require_all(*store);
  return store;
}

}  // namespace headscope
