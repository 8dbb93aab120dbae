#include "io/shard_index.h"

#include <filesystem>
#include <set>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(std::string where, const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kBadInput, where.append(" ").append(got), expected,
              "Fetch the model again");
}

}  // namespace

void ShardIndex::require_all(const WeightStore& store) const {
  for (const auto& [tensor, shard] : files) {
    if (store.shape(tensor)) continue;
    refuse(path, "puts " + tensor + " into " + shard + ", which does not hold it",
           "an index that fits its shards");
  }
}

std::optional<ShardIndex> read_shard_index(const std::string& directory, const std::string& name) {
  ShardIndex index{directory + "/" + name, {}, {}};
  if (!fs::exists(index.path)) return std::nullopt;
  const Json json = parse_json_file(index.path);
  std::set<std::string> names;
  for (const auto& [tensor, shard] : object_field(json, "weight_map", index.path).items()) {
    const std::string file = shard.is_string() ? shard.get<std::string>() : "";
    // Plain file names only: nothing outside the directory.
    if (file.empty() || file.find_first_of("/\\") != std::string::npos || file.starts_with(".")) {
      refuse(index.path, "puts " + tensor + " into " + describe(shard),
             "a file name in the same directory");
    }
    index.files[tensor] = file;
    names.insert(file);
  }
  for (const std::string& file : names) {
    index.shards.push_back((fs::path(directory) / file).string());
    if (!fs::exists(index.shards.back())) {
      refuse(index.path, "names " + file + ", which is not there", "all shards beside the index");
    }
  }
  return index;
}

}  // namespace headscope
