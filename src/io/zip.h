// Zip archives (PKWARE's APPNOTE 6.3), read only: with random access from mapped bytes, or as a
// stream, when the archive is itself an entry of another one.
//
// Sizes are checked before they are used and an entry's CRC-32 when its last byte is read; zip64 is
// understood. Names are data: nothing here writes a file. Not for: encryption, methods other than
// "stored" and "deflated", archives in several parts, streams whose entries hold their sizes
// behind their data (random access reads those).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/byte_source.h"

namespace headscope {

struct ZipEntry {
  std::string name;
  uint16_t flags = 0, method = 0;
  uint32_t crc = 0;
  uint64_t compressed = 0, size = 0;  // bytes in the archive, and unpacked
  uint64_t offset = 0;                // of the local header
  friend bool operator==(const ZipEntry&, const ZipEntry&) = default;
};

class ZipArchive {
 public:
  // `bytes` outlive the archive and its sources. Throws Error(kBadInput) naming `source`.
  ZipArchive(std::span<const std::byte> bytes, std::string source);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view name) const;  // null where absent
  // The entry's unpacked bytes; the source's last read checks size and CRC-32.
  std::unique_ptr<ByteSource> open(const ZipEntry& entry) const;
  // The entry's bytes where they lie; CRC-32 not checked. Throws Error(kBadInput) where they are
  // compressed.
  std::span<const std::byte> stored(const ZipEntry& entry) const;

 private:
  std::span<const std::byte> raw(const ZipEntry& entry) const;

  std::span<const std::byte> bytes_;
  std::string source_;
  std::vector<ZipEntry> entries_;
};

class ZipStream {
 public:
  // `bytes` outlives the stream.
  ZipStream(ByteSource& bytes, std::string source);
  ~ZipStream();

  // The next entry's header, after skipping (and checking) what is left of the one before. False
  // after the last, once the central directory was found to say the same as the entries.
  bool next(ZipEntry& entry);
  // The bytes of the current entry; valid until next().
  ByteSource& content();

 private:
  class Counted;
  bool check_directory();

  std::unique_ptr<Counted> bytes_;
  std::string source_;
  std::vector<ZipEntry> seen_;
  std::unique_ptr<ByteSource> content_;
};

}  // namespace headscope
