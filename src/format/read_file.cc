#include "format/read_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "headscope/error.h"

namespace headscope {

std::string read_file(const std::string& path, int64_t max_bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorCode::kBadInput, path + " is a directory", "a file");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    throw Error(absent ? ErrorCode::kNotFound : ErrorCode::kBadInput,
                path + ": " + std::strerror(errno), "a readable file");
  }
  // Grows as it reads: a pipe has no size, and a file may change while it is read.
  std::string text;
  char block[65536];
  while (const size_t count = std::fread(block, 1, sizeof block, file.get())) {
    text.append(block, count);
    if (static_cast<int64_t>(text.size()) > max_bytes) {
      throw Error(ErrorCode::kBadInput,
                  path + ": more than " + std::to_string(max_bytes) + " bytes",
                  "at most " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (std::ferror(file.get())) {
    throw Error(ErrorCode::kBadInput, path + ": " + std::strerror(errno), "a readable file");
  }
  return text;
}

}  // namespace headscope
