#include "io/zip.h"

#include <limits>
#include <set>

#include "headscope/error.h"
#include "io/zip_entry.h"

namespace headscope {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kEndBytes = 22, kLocator64Bytes = 20;

struct Directory {
  uint64_t records = 0, bytes = 0, offset = 0;
};

// Where the end record starts: the last place from which signature and comment length fit.
size_t find_end(std::span<const std::byte> bytes, const std::string& source) {
  constexpr size_t kMaxComment = std::numeric_limits<uint16_t>::max();
  for (size_t comment = 0; comment <= kMaxComment && comment + kEndBytes <= bytes.size();
       ++comment) {
    const size_t at = bytes.size() - kEndBytes - comment;
    ByteCursor cursor(bytes.subspan(at), source);
    if (cursor.u32() != kEndSignature) continue;
    cursor.take(kEndBytes - 6);
    if (cursor.u16() == comment) return at;
  }
  throw Error(ErrorCode::kBadInput, source + " has no end record", "a zip archive",
              "The file is cut off or is something else: fetch it again");
}

// The 64-bit record, which a locator just before the end record points to.
void read_end64(std::span<const std::byte> bytes, uint64_t start, size_t end,
                const std::string& source, Directory& directory) {
  if (end < kLocator64Bytes) return;
  ByteCursor locator(bytes.subspan(end - kLocator64Bytes), source + ": the zip64 locator");
  if (locator.u32() != kLocator64Signature) return;
  locator.take(4);
  const uint64_t offset = locator.u64();
  ByteCursor record(bytes, source + ": the zip64 end record");
  if (offset < start) record.refuse("lies before the entries' end");
  record.take(offset - start);
  if (record.u32() != kEnd64Signature) record.refuse("is not where its locator says");
  record.take(28);  // size, versions, disks, records on this disk
  directory.records = record.u64();
  directory.bytes = record.u64();
  directory.offset = record.u64();
}

// `tail` ends with the end record; offsets count from the archive's first byte, `start` of which
// are missing in front of `tail`.
std::vector<ZipEntry> read_directory(std::span<const std::byte> tail, uint64_t start,
                                     const std::string& source) {
  const size_t end = find_end(tail, source);
  ByteCursor cursor(tail.subspan(end), source + ": the end record");
  cursor.take(4);
  if (cursor.u32() != 0) cursor.refuse("names an archive in several parts");
  cursor.take(2);
  Directory directory;
  directory.records = cursor.u16();
  directory.bytes = cursor.u32();
  directory.offset = cursor.u32();
  read_end64(tail, start, end, source, directory);

  ByteCursor file(tail, source + ": the directory");
  if (directory.offset < start) file.refuse("lies before the entries' end");
  file.take(directory.offset - start);
  ByteCursor records(file.take(directory.bytes), source + ": the directory");
  std::vector<ZipEntry> entries;
  std::set<std::string> names;
  while (!records.done()) {
    entries.push_back(read_central_record(records));
    if (!names.insert(entries.back().name).second) {
      records.refuse("names " + entries.back().name + " twice");
    }
  }
  if (entries.size() != directory.records) {
    records.refuse("holds " + std::to_string(entries.size()) + " records, not " +
                   std::to_string(directory.records));
  }
  return entries;
}

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string source)
    : bytes_(bytes), source_(std::move(source)), entries_(read_directory(bytes_, 0, source_)) {}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  for (const ZipEntry& entry : entries_) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::span<const std::byte> ZipArchive::raw(const ZipEntry& entry) const {
  ByteCursor cursor(bytes_, source_ + ": " + entry.name);
  cursor.take(entry.offset);
  const ZipLocalHeader local = read_local_header(cursor);
  // Two readers must not see two archives.
  if (cursor.take_text(local.name_bytes) != entry.name || local.entry.method != entry.method) {
    cursor.refuse("is not what the directory says");
  }
  cursor.take(local.extra_bytes);
  return cursor.take(entry.compressed);
}

std::unique_ptr<ByteSource> ZipArchive::open(const ZipEntry& entry) const {
  return unpack(std::make_unique<MemorySource>(raw(entry)), entry, source_);
}

std::span<const std::byte> ZipArchive::stored(const ZipEntry& entry) const {
  if (entry.method != kZipStored || entry.compressed != entry.size || (entry.flags & 1) != 0) {
    throw Error(ErrorCode::kBadInput, source_ + ": " + entry.name + " is compressed or encrypted",
                "bytes as they are, as PyTorch stores them", "Save the model again with PyTorch");
  }
  return raw(entry);
}

// A source that counts what was read of it. Entries read through a reference and do not own it.
class ZipStream::Counted {
 public:
  explicit Counted(ByteSource& source) : source_(source) {}
  size_t read(std::span<std::byte> buffer) {
    const size_t count = source_.read(buffer);
    position_ += count;
    return count;
  }
  size_t read_fully(std::span<std::byte> buffer) {
    const size_t count = source_.read_fully(buffer);
    position_ += count;
    return count;
  }
  uint64_t position() const { return position_; }

  class Handle : public ByteSource {
   public:
    explicit Handle(Counted& counted) : counted_(counted) {}
    size_t read(std::span<std::byte> buffer) override { return counted_.read(buffer); }

   private:
    Counted& counted_;
  };

 private:
  ByteSource& source_;
  uint64_t position_ = 0;
};

ZipStream::ZipStream(ByteSource& bytes, std::string source)
    : bytes_(std::make_unique<Counted>(bytes)), source_(std::move(source)) {}
ZipStream::~ZipStream() = default;

ByteSource& ZipStream::content() { return *content_; }

bool ZipStream::next(ZipEntry& entry) {
  std::vector<std::byte> buffer(1 << 16);
  while (content_ && content_->read(buffer) > 0) {
  }
  content_.reset();

  const uint64_t offset = bytes_->position();
  const std::string name = source_ + ": the entry at byte " + std::to_string(offset);
  buffer.resize(bytes_->read_fully(std::span(buffer).first(4)));
  const bool directory =
      buffer.size() == 4 && ByteCursor(buffer, name).u32() == kZipCentralSignature;
  if (directory) return check_directory();
  const size_t signature_bytes = buffer.size();
  buffer.resize(kZipLocalBytes);
  buffer.resize(signature_bytes + bytes_->read_fully(std::span(buffer).subspan(signature_bytes)));
  ByteCursor fixed(buffer, name);
  ZipLocalHeader local = read_local_header(fixed);
  if (local.entry.flags & kZipSizesBehind) {
    fixed.refuse("holds its sizes behind its data");
  }
  buffer.resize(size_t{local.name_bytes} + local.extra_bytes);
  buffer.resize(bytes_->read_fully(buffer));
  ByteCursor rest(buffer, name);
  entry = local.entry;
  entry.offset = offset;
  entry.name = rest.take_text(local.name_bytes);
  apply_zip64(rest.take(local.extra_bytes), false, name, entry);
  content_ = unpack(std::make_unique<Counted::Handle>(*bytes_), entry, source_);
  seen_.push_back(entry);
  return true;
}

// Called behind the directory's first signature. The rest is small and read whole.
bool ZipStream::check_directory() {
  constexpr size_t kMaxBytes = size_t{16} << 20, kBlock = 1 << 12;
  const uint64_t start = bytes_->position() - 4;
  std::vector<std::byte> tail;
  for (int shift = 0; shift < 32; shift += 8) {
    tail.push_back(static_cast<std::byte>(kZipCentralSignature >> shift & 255));
  }
  for (size_t count = kBlock; count == kBlock;) {
    const size_t before = tail.size();
    if (before > kMaxBytes) {
      throw Error(ErrorCode::kBadInput, source_ + ": a directory of more than 16 MiB", "less");
    }
    tail.resize(before + kBlock);
    count = bytes_->read_fully(std::span(tail).subspan(before));
    tail.resize(before + count);
  }
  if (read_directory(tail, start, source_) != seen_) {
    throw Error(ErrorCode::kBadInput, source_ + ": its directory does not say what its entries say",
                "an undamaged archive", "Fetch it again");
  }
  return false;
}

}  // namespace headscope
