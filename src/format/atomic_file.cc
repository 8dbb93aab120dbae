#include "format/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "headscope/error.h"

namespace headscope {
namespace fs = std::filesystem;

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  std::error_code ignored;
  // What a link names, be it there or not. A chain longer than the system's own is left to fopen.
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path_, ignored); ++i) {
    const fs::path target = fs::read_symlink(path_, ignored);
    if (ignored) break;
    path_ = (fs::path(path_).parent_path() / target).string();
  }
  if (fs::is_directory(path_, ignored)) {
    throw Error(ErrorCode::kBadInput, path + " is a directory", "a file to write");
  }
  const bool direct = fs::exists(path_, ignored) && !fs::is_regular_file(path_, ignored);
  if (!direct) {
    static std::atomic<int> counter{0};
    temporary_ =
        path_ + ".tmp" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
  }
  file_ = std::fopen((direct ? path_ : temporary_).c_str(), "wb");
  if (!file_) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    const std::string reason = std::strerror(errno);
    temporary_.clear();
    throw Error(absent ? ErrorCode::kNotFound : ErrorCode::kBadInput,
                "cannot write " + path + ": " + reason, "an existing folder that can be written");
  }
}

AtomicFile::~AtomicFile() {
  if (file_) std::fclose(file_);
  if (!temporary_.empty()) std::remove(temporary_.c_str());
}

void AtomicFile::fail() {
  throw Error(ErrorCode::kBadInput, "cannot write " + path_ + ": " + std::strerror(errno),
              "room on the disk and permission to write");
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (!file_) throw Error(ErrorCode::kInternal, "write to " + path_ + " after its commit");
  if (bytes > 0 && std::fwrite(data, 1, bytes, file_) != bytes) fail();
}

void AtomicFile::commit() {
  if (!file_) throw Error(ErrorCode::kInternal, "second commit of " + path_);
  if (std::fflush(file_) != 0) fail();
  // A rename may reach the disk before the data does; a pipe cannot be synced and need not be.
  if (!temporary_.empty() && fsync(fileno(file_)) != 0) fail();
  const int closed = std::fclose(file_);
  file_ = nullptr;
  if (closed != 0) fail();
  if (temporary_.empty()) return;
  std::error_code ignored;
  if (fs::exists(path_, ignored)) {
    fs::permissions(temporary_, fs::status(path_, ignored).permissions(), ignored);
  }
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
}

void write_file_atomically(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace headscope
