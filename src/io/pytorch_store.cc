// pytorch_model.bin, alone or in shards with pytorch_model.bin.index.json.
#include <filesystem>

#include "io/pytorch_file.h"
#include "io/shard_index.h"
#include "io/stores.h"

namespace headscope {
namespace {

std::unique_ptr<TensorTable> read_files(const std::string& source,
                                        const std::vector<std::string>& files) {
  auto table = std::make_unique<TensorTable>(source);
  for (const std::string& path : files) {
    for (auto& [name, tensor] : read_pytorch_file(std::make_shared<MappedFile>(path))) {
      table->add(std::move(name), std::move(tensor), path);
    }
  }
  return table;
}

}  // namespace

std::unique_ptr<WeightStore> open_pytorch(const std::string& directory) {
  const std::string single = directory + "/pytorch_model.bin";
  if (std::filesystem::exists(single)) return read_files(single, {single});
  const auto index = read_shard_index(directory, "pytorch_model.bin.index.json");
  if (!index) return nullptr;
  auto table = read_files(index->path, index->shards);
  index->require_all(*table);
  return table;
}

}  // namespace headscope
