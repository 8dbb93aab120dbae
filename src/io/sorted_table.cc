#include "io/sorted_table.h"

#include "headscope/error.h"
#include "io/byte_cursor.h"
#include "io/crc32c.h"

namespace headscope {
namespace {

using Bytes = std::span<const std::byte>;

// Two handles of at most 20 bytes, padded, and the magic number.
constexpr size_t kFooterBytes = 48;
constexpr uint64_t kMagic = 0xdb4775248b80fb57ULL;
// Keys are prefix-compressed, so a small file could unpack to a large one. No checkpoint has more.
constexpr size_t kMaxKeyBytes = size_t{64} << 20;

struct Handle {
  uint64_t offset = 0, size = 0;
};

Handle read_handle(ByteCursor& cursor) {
  Handle handle;
  handle.offset = cursor.varint();
  handle.size = cursor.varint();
  return handle;
}

// The entries of one or more blocks, whose keys must ascend through all of them.
class EntryReader {
 public:
  EntryReader(Bytes file, const std::string& source) : file_(file), source_(source) {}

  void read(Handle handle) {
    const std::string name = source_ + ": the block at byte " + std::to_string(handle.offset);
    read_entries(read_block(handle, name), name);
  }
  SortedTable take() { return std::move(entries_); }

 private:
  // The block's content, its checksum verified.
  Bytes read_block(Handle handle, const std::string& name) const {
    ByteCursor cursor(file_, name);
    cursor.take(handle.offset);
    const Bytes content = cursor.take(handle.size);
    const Bytes type = cursor.take(1);
    const uint32_t stored = unmask_crc(cursor.u32());
    if (crc32c({content.data(), content.size() + 1}) != stored) {
      cursor.refuse("does not have its checksum (CRC32C)");
    }
    if (type[0] != std::byte{0}) {
      throw Error(ErrorCode::kBadInput,
                  name + " is compressed (type " + std::to_string(static_cast<int>(type[0])) + ")",
                  "uncompressed blocks, as TensorFlow writes them");
    }
    return content;
  }

  // Entries, then the offsets of those that share nothing (not needed to read them all), then the
  // number of these offsets.
  void read_entries(Bytes block, const std::string& name) {
    ByteCursor tail(block, name);
    if (block.size() < sizeof(uint32_t)) tail.refuse("is too short for a block");
    tail.take(block.size() - sizeof(uint32_t));
    const uint64_t tail_bytes = (uint64_t{tail.u32()} + 1) * sizeof(uint32_t);
    if (tail_bytes > block.size()) tail.refuse("counts more restart points than it can hold");
    ByteCursor cursor(block.first(block.size() - static_cast<size_t>(tail_bytes)), name);
    std::string key;
    while (!cursor.done()) {
      const uint64_t shared = cursor.varint();
      const uint64_t rest = cursor.varint();
      const uint64_t value_bytes = cursor.varint();
      if (shared > key.size())
        cursor.refuse("has a key that shares more bytes than the one before it has");
      key.resize(static_cast<size_t>(shared));
      key += cursor.take_text(rest);
      if (!entries_.empty() && key <= entries_.back().first) {
        cursor.refuse("has keys out of order");
      }
      key_bytes_ += key.size();
      if (key_bytes_ > kMaxKeyBytes) cursor.refuse("brings the keys to more than 64 MiB");
      entries_.emplace_back(key, cursor.take(value_bytes));
    }
  }

  Bytes file_;
  const std::string& source_;
  SortedTable entries_;
  size_t key_bytes_ = 0;
};

[[noreturn]] void refuse_file(const std::string& source, const std::string& got) {
  throw Error(ErrorCode::kBadInput, source + " " + got, "the index of a TensorFlow checkpoint",
              "The file is cut off or is something else: fetch it again");
}

}  // namespace

SortedTable read_sorted_table(Bytes bytes, const std::string& source) {
  if (bytes.size() < kFooterBytes) {
    refuse_file(source, "has " + std::to_string(bytes.size()) + " bytes");
  }
  ByteCursor footer(bytes.last(kFooterBytes), source + ": the footer");
  read_handle(footer);  // the meta-index: filters, which an index has not
  const Handle index = read_handle(footer);
  footer.take(footer.left() - sizeof(uint64_t));
  if (footer.u64() != kMagic) refuse_file(source, "does not end as a table does");

  EntryReader blocks(bytes, source);
  blocks.read(index);
  EntryReader entries(bytes, source);
  for (const auto& [last_key, handle_bytes] : blocks.take()) {
    ByteCursor cursor(handle_bytes, source + ": a handle of the index block");
    entries.read(read_handle(cursor));
  }
  return entries.take();
}

}  // namespace headscope
