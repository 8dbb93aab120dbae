#include "io/zip_entry.h"

#include <zlib.h>

#include <limits>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr uint32_t kSee64 = std::numeric_limits<uint32_t>::max();

// The next `count` bytes of another source, which must have so many.
class Limited : public ByteSource {
 public:
  Limited(std::unique_ptr<ByteSource> source, uint64_t count, std::string name)
      : source_(std::move(source)), left_(count), name_(std::move(name)) {}

  size_t read(std::span<std::byte> buffer) override {
    if (left_ == 0) return 0;
    const auto part = buffer.first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), left_)));
    const size_t count = source_->read(part);
    if (count == 0) {
      throw Error(ErrorCode::kBadInput,
                  name_ + " is cut off, " + std::to_string(left_) + " bytes before its end",
                  "an undamaged archive", "Fetch it again");
    }
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  uint64_t left_;
  std::string name_;
};

class Inflated : public ByteSource {
 public:
  Inflated(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)), input_(kBlock) {
    // Negative window bits: bare deflate data, as zip has it.
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) {
      throw Error(ErrorCode::kInternal, "zlib cannot start");
    }
  }
  ~Inflated() override { inflateEnd(&stream_); }
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;

  size_t read(std::span<std::byte> buffer) override {
    constexpr size_t kMost = std::numeric_limits<uInt>::max();
    const size_t wanted = std::min(buffer.size(), kMost);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(wanted);
    while (!ended_ && stream_.avail_out == wanted) step();
    return wanted - stream_.avail_out;
  }

 private:
  static constexpr size_t kBlock = 1 << 16;

  void step() {
    if (stream_.avail_in == 0) {
      stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
      stream_.avail_in = static_cast<uInt>(source_->read(input_));
      if (stream_.avail_in == 0) refuse("ends within its deflated data");
    }
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      ended_ = true;
      if (stream_.avail_in > 0 || source_->read(input_) > 0) {
        refuse("has bytes behind its deflated data");
      }
    } else if (result != Z_OK) {
      refuse(std::string("is damaged (") + (stream_.msg ? stream_.msg : "deflate") + ")");
    }
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, name_ + " " + what, "an undamaged archive", "Fetch it again");
  }

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::vector<std::byte> input_;
  z_stream stream_{};
  bool ended_ = false;
};

// Passes bytes on; at their end, size and CRC-32 must be those of the entry.
class Checked : public ByteSource {
 public:
  Checked(std::unique_ptr<ByteSource> source, const ZipEntry& entry, std::string name)
      : source_(std::move(source)), entry_(entry), name_(std::move(name)) {}

  size_t read(std::span<std::byte> buffer) override {
    const size_t count = source_->read(buffer);
    size_ += count;
    if (size_ > entry_.size || (count == 0 && size_ < entry_.size)) {
      refuse("has " + std::to_string(size_) + (count == 0 ? "" : " or more") + " bytes",
             std::to_string(entry_.size));
    }
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(buffer.data()), count);
    if (count == 0 && crc_ != entry_.crc) {
      refuse("does not have its checksum (CRC-32)", "undamaged data");
    }
    return count;
  }

 private:
  [[noreturn]] void refuse(const std::string& got, const std::string& expected) const {
    throw Error(ErrorCode::kBadInput, name_ + " " + got, expected, "Fetch it again");
  }

  std::unique_ptr<ByteSource> source_;
  ZipEntry entry_;
  std::string name_;
  uint64_t size_ = 0;
  uLong crc_ = 0;
};

}  // namespace

ZipLocalHeader read_local_header(ByteCursor& cursor) {
  ZipLocalHeader header;
  if (cursor.u32() != kZipLocalSignature) cursor.refuse("is no entry of a zip archive");
  cursor.take(2);  // version needed
  header.entry.flags = cursor.u16();
  header.entry.method = cursor.u16();
  cursor.take(4);  // time and date
  header.entry.crc = cursor.u32();
  header.entry.compressed = cursor.u32();
  header.entry.size = cursor.u32();
  header.name_bytes = cursor.u16();
  header.extra_bytes = cursor.u16();
  return header;
}

ZipEntry read_central_record(ByteCursor& cursor) {
  ZipEntry entry;
  if (cursor.u32() != kZipCentralSignature) cursor.refuse("is no record of a zip's directory");
  cursor.take(4);  // versions
  entry.flags = cursor.u16();
  entry.method = cursor.u16();
  cursor.take(4);  // time and date
  entry.crc = cursor.u32();
  entry.compressed = cursor.u32();
  entry.size = cursor.u32();
  const uint16_t name_bytes = cursor.u16();
  const uint16_t extra_bytes = cursor.u16();
  const uint16_t comment_bytes = cursor.u16();
  if (cursor.u16() != 0) cursor.refuse("names an archive in several parts");
  cursor.take(6);  // attributes
  entry.offset = cursor.u32();
  entry.name = cursor.take_text(name_bytes);
  const auto extra = cursor.take(extra_bytes);
  cursor.take(comment_bytes);
  apply_zip64(extra, true, cursor.source(), entry);
  return entry;
}

void apply_zip64(std::span<const std::byte> extra, bool with_offset, const std::string& source,
                 ZipEntry& entry) {
  constexpr uint16_t kZip64 = 1;
  ByteCursor fields(extra, source + ": an extra field");
  while (fields.left() >= 4) {  // some writers pad with less than a field
    const uint16_t id = fields.u16();
    ByteCursor field(fields.take(fields.u16()), source + ": the zip64 field");
    if (id != kZip64) continue;
    if (entry.size == kSee64) entry.size = field.u64();
    if (entry.compressed == kSee64) entry.compressed = field.u64();
    if (with_offset && entry.offset == kSee64) entry.offset = field.u64();
  }
}

std::unique_ptr<ByteSource> unpack(std::unique_ptr<ByteSource> raw, const ZipEntry& entry,
                                   const std::string& source) {
  const std::string name = source + ": " + entry.name;
  constexpr uint16_t kEncrypted = 1;
  if (entry.flags & kEncrypted) {
    throw Error(ErrorCode::kBadInput, name + " is encrypted", "an archive without encryption");
  }
  std::unique_ptr<ByteSource> bytes =
      std::make_unique<Limited>(std::move(raw), entry.compressed, name);
  if (entry.method == kZipDeflated) {
    bytes = std::make_unique<Inflated>(std::move(bytes), name);
  } else if (entry.method != kZipStored) {
    throw Error(ErrorCode::kBadInput, name + " is packed by method " + std::to_string(entry.method),
                "method 0 (stored) or 8 (deflated)");
  }
  return std::make_unique<Checked>(std::move(bytes), entry, name);
}

}  // namespace headscope
