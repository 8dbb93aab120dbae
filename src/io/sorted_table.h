// A LevelDB-style table, the container of a TensorFlow checkpoint's index: sorted keys in blocks,
// each key stored as what it shares with the one before and the rest, each block followed by its
// type and masked CRC32C. (LevelDB's doc/table_format.md.)
//
// Read whole: an index holds some hundred short entries. Not for: LevelDB databases (no log, no
// levels, internal keys are not taken apart), and compressed blocks, which TensorFlow does not
// write into an index.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace headscope {

// Key and value in the table's order; the values point into the bytes that were read.
using SortedTable = std::vector<std::pair<std::string, std::span<const std::byte>>>;

// Throws Error(kBadInput): no such table, a handle outside the file, a wrong checksum, a compressed
// block, keys out of order.
SortedTable read_sorted_table(std::span<const std::byte> bytes, const std::string& source);

}  // namespace headscope
