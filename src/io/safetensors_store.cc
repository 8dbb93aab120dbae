// model.safetensors, alone or in shards with model.safetensors.index.json.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/mapped_file.h"
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
        if (!tensors_.emplace(entry.name, Tensor{&entry, mapped.get(), {}}).second) {
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
    const bool aligned = reinterpret_cast<uintptr_t>(entry.data) % alignof(float) == 0;
    if (entry.dtype == DType::kF32 && aligned) return reinterpret_cast<const float*>(entry.data);
    if (tensor.converted.empty()) tensor.converted = to_float(entry);
    return tensor.converted.data();
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
    mutable std::vector<float> converted;
  };
  std::string source_;
  std::vector<std::unique_ptr<MappedFile>> files_;
  std::vector<std::unique_ptr<SafetensorsView>> views_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// The shards that the index names; plain file names only, nothing outside the directory.
std::vector<std::string> shard_files(const std::string& directory, const std::string& index_path,
                                     std::map<std::string, std::string>& weight_map) {
  std::ifstream file(index_path, std::ios::binary);
  const auto index = nlohmann::json::parse(file, nullptr, false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw Error(ErrorCode::kBadInput, index_path + " has no weight_map",
                "an object of tensor name to file");
  }
  std::set<std::string> names;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    const std::string name = shard.is_string() ? shard.get<std::string>() : "";
    if (name.empty() || name.find('/') != std::string::npos ||
        name.find('\\') != std::string::npos || name.starts_with(".")) {
      throw Error(ErrorCode::kBadInput, index_path + ": " + tensor + " lies in " + shard.dump(),
                  "a file name in the same directory");
    }
    names.insert(name);
    weight_map[tensor] = name;
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    if (!std::filesystem::exists(path)) {
      throw Error(ErrorCode::kBadInput, index_path + " names " + name + ", which is not there",
                  "all shards beside the index", "Fetch the model again");
    }
    files.push_back(path);
  }
  return files;
}

}  // namespace

std::unique_ptr<WeightStore> open_safetensors(const std::string& directory) {
  const std::string single = directory + "/model.safetensors";
  if (std::filesystem::exists(single)) {
    return std::make_unique<SafetensorsStore>(single, std::vector{single});
  }
  const std::string index = directory + "/model.safetensors.index.json";
  if (!std::filesystem::exists(index)) return nullptr;
  std::map<std::string, std::string> weight_map;
  auto store = std::make_unique<SafetensorsStore>(index, shard_files(directory, index, weight_map));
  for (const auto& [tensor, shard] : weight_map) {
    if (!store->shape(tensor)) {
      throw Error(ErrorCode::kBadInput,
                  index + " puts " + tensor + " into " + shard + ", which does not hold it",
                  "an index that fits its shards");
    }
  }
  return store;
}

}  // namespace headscope
