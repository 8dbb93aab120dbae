// A TensorFlow "tensor bundle": PREFIX.index, a sorted table of protocol-buffer records, and the
// tensors' bytes in PREFIX.data-00000-of-0000N. (TensorFlow's tensor_bundle.proto.)
//
// Everything that the index says is checked against the files before it is used; a tensor's own
// CRC32C when its bytes are asked for. Not for: partitioned variables (`slices`), string tensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "format/mapped_file.h"
#include "headscope/safetensors.h"

namespace headscope {

class TensorBundle {
 public:
  struct Entry {
    int64_t type = 0;  // TensorFlow's DataType
    std::vector<int64_t> shape;
    size_t shard = 0;
    uint64_t offset = 0, bytes = 0;
    uint32_t checksum = 0;  // masked CRC32C
    bool sliced = false;    // kept in parts under other keys
  };

  // Throws Error(kNotFound) where there is no PREFIX.index, Error(kBadInput) where it is damaged or
  // does not fit the data files.
  explicit TensorBundle(const std::string& prefix);

  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  // The entry's bytes in their own type, checksum verified. Throws Error(kBadInput) naming `name`.
  TensorEntry read(const std::string& name, const Entry& entry) const;
  void drop_pages(const Entry& entry) const;
  const std::string& prefix() const { return prefix_; }

 private:
  void open_shards(int64_t count);
  void check(const std::string& name, const Entry& entry) const;

  std::string prefix_;
  std::string index_path_;
  std::vector<std::unique_ptr<MappedFile>> shards_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace headscope
