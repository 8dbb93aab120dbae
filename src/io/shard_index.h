// NAME.index.json beside the shards of a large checkpoint: which tensor lies in which file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/weight_store.h"

namespace headscope {

struct ShardIndex {
  std::string path;
  std::map<std::string, std::string> files;  // tensor → file name in the same directory
  std::vector<std::string> shards;           // their paths, each once, sorted

  // Throws Error(kBadInput) where a tensor that the index names is not in `store`.
  void require_all(const WeightStore& store) const;
};

// Nothing where there is no DIRECTORY/NAME. Throws Error(kBadInput): no JSON of that form, a shard
// that is not there, a name that leads outside the directory.
std::optional<ShardIndex> read_shard_index(const std::string& directory, const std::string& name);

}  // namespace headscope
