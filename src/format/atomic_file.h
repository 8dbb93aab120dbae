// A file that appears whole or not at all: bytes go to a temporary file beside the target, commit()
// renames it. When anything fails, or the writer is destroyed before commit(), the temporary file
// is removed and an older file at the target stays as it was.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "headscope/output.h"

namespace headscope {

class AtomicFile {
 public:
  // Symbolic links are followed (the link stays). A target that exists and is no regular file
  // (/dev/stdout, a pipe) cannot be replaced, so it is written directly.
  // Throws Error(kNotFound) where the folder does not exist, Error(kBadInput) where it cannot be
  // written.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Flushes to the disk, then renames. Nothing may be written afterwards.
  void commit();

 private:
  [[noreturn]] void fail();

  std::string path_;       // the final one, links resolved
  std::string temporary_;  // empty where the target is written directly
  std::FILE* file_ = nullptr;
};

}  // namespace headscope
