// model.safetensors, alone or in shards with model.safetensors.index.json.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "format/json.h"
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

[[noreturn]] void refuse(std::string where, const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kBadInput, where.append(" ").append(got), expected,
              "Fetch the model again");
}

// tensor → file, as the index says; plain file names only, nothing outside the directory.
std::map<std::string, std::string> read_index(const std::string& path) {
  const Json index = parse_json_file(path);
  std::map<std::string, std::string> files;
  for (const auto& [tensor, shard] : object_field(index, "weight_map", path).items()) {
    const std::string name = shard.is_string() ? shard.get<std::string>() : "";
    if (name.empty() || name.find_first_of("/\\") != std::string::npos || name.starts_with(".")) {
      refuse(path, "puts " + tensor + " into " + describe(shard),
             "a file name in the same directory");
    }
    files[tensor] = name;
  }
  return files;
}

[[noreturn]] void refuse_missing(const std::string& index, const std::string& tensor,
                                 const std::string& shard) {
  refuse(index, "puts " + tensor + " into " + shard + ", which does not hold it",
         "an index that fits its shards");
}

std::unique_ptr<WeightStore> open_shards(const std::filesystem::path& directory,
                                         const std::string& index) {
  const auto weight_map = read_index(index);
  std::set<std::string> names;
  for (const auto& [tensor, shard] : weight_map) names.insert(shard);
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    paths.push_back((directory / name).string());
    if (!std::filesystem::exists(paths.back())) {
      refuse(index, "names " + name + ", which is not there", "all shards beside the index");
    }
  }
  auto store = std::make_unique<SafetensorsStore>(index, paths);
  for (const auto& [tensor, shard] : weight_map) {
    if (!store->shape(tensor)) refuse_missing(index, tensor, shard);
  }
  return store;
}

}  // namespace

std::unique_ptr<WeightStore> open_safetensors(const std::string& directory) {
  const std::string single = directory + "/model.safetensors";
  if (std::filesystem::exists(single)) {
    return std::make_unique<SafetensorsStore>(single, std::vector{single});
  }
  const std::string index = directory + "/model.safetensors.index.json";
  if (!std::filesystem::exists(index)) return nullptr;
  return open_shards(directory, index);
}

}  // namespace headscope
