// The pieces that zip.cc's two readers share: records of the format, and an entry's unpacked bytes.
#pragma once

#include <memory>
#include <string>

#include "io/byte_cursor.h"
#include "io/byte_source.h"
#include "io/zip.h"

namespace headscope {

inline constexpr uint32_t kZipLocalSignature = 0x04034b50;
inline constexpr uint32_t kZipCentralSignature = 0x02014b50;
inline constexpr size_t kZipLocalBytes = 30;  // the local header without name and extra fields
inline constexpr uint16_t kZipStored = 0, kZipDeflated = 8;
inline constexpr uint16_t kZipSizesBehind = 1 << 3;  // flag: a data descriptor follows the data

// A local header, signature included, with the lengths of what follows it.
struct ZipLocalHeader {
  ZipEntry entry;  // name and zip64 sizes still missing
  uint16_t name_bytes = 0, extra_bytes = 0;
};
ZipLocalHeader read_local_header(ByteCursor& cursor);
// One record of the central directory, signature included.
ZipEntry read_central_record(ByteCursor& cursor);
// Replaces the sizes and the offset that say "see the zip64 field" by that field's.
void apply_zip64(std::span<const std::byte> extra, bool with_offset, const std::string& source,
                 ZipEntry& entry);

// `raw` gives the entry's bytes as they lie in the archive, at least entry.compressed of them; no
// more are taken. Throws Error(kBadInput) for a method that is neither stored nor deflated, for
// encryption, and while reading for damage, a wrong size or a wrong CRC-32.
std::unique_ptr<ByteSource> unpack(std::unique_ptr<ByteSource> raw, const ZipEntry& entry,
                                   const std::string& source);

}  // namespace headscope
