// A lock between processes, and a working folder that is removed at its end.
#pragma once

#include <filesystem>
#include <functional>

#include "headscope/run_control.h"

namespace headscope {

// Held while it lives; the system releases it when a process dies. The lock's file stays.
class FileLock {
 public:
  // Waits for another holder, calling `waiting` once; throws Error(kInterrupted) when cancelled.
  FileLock(const std::filesystem::path& path, const RunControl& control,
           const std::function<void()>& waiting);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_ = -1;
};

class WorkFolder {
 public:
  // Empty: what was there is removed.
  explicit WorkFolder(std::filesystem::path path);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace headscope
