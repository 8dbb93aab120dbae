#include "io/tensor_bundle.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "io/crc32c.h"
#include "io/proto_reader.h"
#include "io/sorted_table.h"

namespace headscope {
namespace {

using Entry = TensorBundle::Entry;

// The types of tensorflow/core/framework/types.proto whose tensors are plain arrays.
struct TypeInfo {
  int64_t number;
  DType type;
};
constexpr std::array<TypeInfo, 10> kTypes = {{{1, DType::kF32},
                                              {2, DType::kF64},
                                              {3, DType::kI32},
                                              {4, DType::kU8},
                                              {5, DType::kI16},
                                              {6, DType::kI8},
                                              {9, DType::kI64},
                                              {10, DType::kBool},
                                              {14, DType::kBF16},
                                              {19, DType::kF16}}};

std::optional<DType> dtype_of(int64_t number) {
  for (const TypeInfo& info : kTypes) {
    if (info.number == number) return info.type;
  }
  return std::nullopt;
}

// BundleHeaderProto: num_shards = 1, endianness = 2 (LITTLE = 0), version = 3.
int64_t read_shard_count(std::span<const std::byte> bytes, const std::string& source) {
  ProtoReader reader(bytes, source + ": the header");
  int64_t shards = 0;
  for (ProtoField field; reader.next(field);) {
    if (field.number == 1) shards = static_cast<int64_t>(field.value);
    if (field.number == 2 && field.value != 0) {
      throw Error(ErrorCode::kBadInput, source + ": its numbers are big-endian",
                  "a checkpoint written on a little-endian machine");
    }
  }
  constexpr int64_t kMaxShards = 99'999;  // the names have five digits
  if (shards < 1 || shards > kMaxShards) {
    throw Error(ErrorCode::kBadInput, source + ": " + std::to_string(shards) + " data files",
                "1 to " + std::to_string(kMaxShards));
  }
  return shards;
}

// TensorShapeProto: dim = 2 {size = 1}, unknown_rank = 3.
std::vector<int64_t> read_shape(std::span<const std::byte> bytes, const std::string& source) {
  constexpr size_t kMaxRank = 254;  // TensorFlow's own limit
  std::vector<int64_t> shape;
  ProtoReader reader(bytes, source);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 3 && field.value != 0) {
      throw Error(ErrorCode::kBadInput, source + " has no known shape", "a shape");
    }
    if (field.number != 2 || !field.is_message) continue;
    int64_t size = 0;
    ProtoReader dim(field.content, source);
    for (ProtoField part; dim.next(part);) {
      if (part.number == 1) size = static_cast<int64_t>(part.value);
    }
    shape.push_back(size);
    if (shape.size() > kMaxRank) {
      throw Error(ErrorCode::kBadInput, source + " has too many dimensions", "at most 254");
    }
  }
  return shape;
}

// BundleEntryProto: dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5, crc32c = 6,
// slices = 7.
Entry read_entry(std::span<const std::byte> bytes, const std::string& source) {
  Entry entry;
  ProtoReader reader(bytes, source);
  for (ProtoField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        entry.type = static_cast<int64_t>(field.value);
        break;
      case 2:
        entry.shape = read_shape(field.content, source);
        break;
      case 3:
        entry.shard = static_cast<size_t>(field.value);
        break;
      case 4:
        entry.offset = field.value;
        break;
      case 5:
        entry.bytes = field.value;
        break;
      case 6:
        entry.checksum = static_cast<uint32_t>(field.value);
        break;
      case 7:
        entry.sliced = true;
        break;
      default:  // newer fields: kept out, as readers of the format do
        break;
    }
  }
  return entry;
}

}  // namespace

TensorBundle::TensorBundle(const std::string& prefix)
    : prefix_(prefix), index_path_(prefix + ".index") {
  const MappedFile index(index_path_);
  const auto table = read_sorted_table(index.bytes(), index_path_);
  // The empty key sorts first and holds the header.
  if (table.empty() || !table.front().first.empty()) {
    throw Error(ErrorCode::kBadInput, index_path_ + " has no header", "a TensorFlow checkpoint");
  }
  open_shards(read_shard_count(table.front().second, index_path_));
  for (size_t i = 1; i < table.size(); ++i) {
    const auto& [name, record] = table[i];
    const Entry entry = read_entry(record, index_path_ + ": tensor " + name);
    check(name, entry);
    entries_.emplace(name, entry);
  }
}

void TensorBundle::open_shards(int64_t count) {
  for (int64_t shard = 0; shard < count; ++shard) {
    char suffix[64];
    std::snprintf(suffix, sizeof suffix, ".data-%05lld-of-%05lld", static_cast<long long>(shard),
                  static_cast<long long>(count));
    const std::string path = prefix_ + suffix;
    if (!std::filesystem::exists(path)) {
      throw Error(ErrorCode::kBadInput, index_path_ + " names " + path + ", which is not there",
                  "all data files beside the index", "Fetch the checkpoint again");
    }
    shards_.push_back(std::make_unique<MappedFile>(path));
  }
}

void TensorBundle::check(const std::string& name, const Entry& entry) const {
  const auto refuse = [&](const std::string& got, const std::string& expected) {
    throw Error(ErrorCode::kBadInput, index_path_ + ": tensor " + name + " " + got, expected);
  };
  if (entry.sliced) return;
  if (entry.shard >= shards_.size()) {
    refuse("lies in data file " + std::to_string(entry.shard),
           "one of " + std::to_string(shards_.size()) + ", counted from 0");
  }
  const MappedFile& file = *shards_[entry.shard];
  const uint64_t size = file.bytes().size();
  if (entry.offset > size || entry.bytes > size - entry.offset) {
    refuse("needs " + std::to_string(entry.bytes) + " bytes at byte " +
               std::to_string(entry.offset) + " of " + file.path() + ", which has " +
               std::to_string(size),
           "a data file that holds it");
  }
  const auto type = dtype_of(entry.type);
  if (!type) return;  // strings and the like; refused when read
  const auto needed = checked_bytes(entry.shape, size_of(*type));
  if (!needed || static_cast<uint64_t>(*needed) != entry.bytes) {
    refuse("of shape " + shape_text(entry.shape) + " has " + std::to_string(entry.bytes) + " bytes",
           needed ? std::to_string(*needed) : "a shape whose size can be counted");
  }
}

TensorEntry TensorBundle::read(const std::string& name, const Entry& entry) const {
  if (entry.sliced) {
    throw Error(ErrorCode::kBadInput, index_path_ + ": tensor " + name + " is stored in parts",
                "a checkpoint without partitioned variables");
  }
  const auto type = dtype_of(entry.type);
  if (!type) {
    throw Error(
        ErrorCode::kBadInput,
        index_path_ + ": tensor " + name + " has TensorFlow's type " + std::to_string(entry.type),
        "a type of numbers");
  }
  const MappedFile& file = *shards_[entry.shard];
  const auto bytes =
      file.bytes().subspan(static_cast<size_t>(entry.offset), static_cast<size_t>(entry.bytes));
  if (crc32c(bytes) != unmask_crc(entry.checksum)) {
    throw Error(ErrorCode::kBadInput,
                file.path() + ": tensor " + name + " does not have its checksum (CRC32C)",
                "undamaged data", "Fetch the checkpoint again");
  }
  TensorEntry result;
  result.name = name;
  result.dtype = *type;
  result.shape = entry.shape;
  result.data = bytes.data();
  result.bytes = static_cast<int64_t>(bytes.size());
  return result;
}

void TensorBundle::drop_pages(const Entry& entry) const {
  if (entry.sliced) return;
  const MappedFile& file = *shards_[entry.shard];
  file.drop(file.bytes().data() + entry.offset, static_cast<size_t>(entry.bytes));
}

}  // namespace headscope
