#include "io/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "headscope/error.h"

namespace headscope {
namespace fs = std::filesystem;

FileLock::FileLock(const fs::path& path, const RunControl& control,
                   const std::function<void()>& waiting)
    : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (file_ < 0) {
    throw Error(ErrorCode::kBadInput, path.string() + ": " + std::strerror(errno),
                "a cache directory that can be written", "Set HEADSCOPE_CACHE to one");
  }
  constexpr auto kPollInterval = std::chrono::milliseconds(200);
  bool told = false;
  while (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (!told && waiting) waiting();
    told = true;
    if (control.cancel.cancelled()) {
      close(file_);
      control.cancel.check();
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

FileLock::~FileLock() { close(file_); }

WorkFolder::WorkFolder(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  fs::remove_all(path_, error);
  fs::create_directories(path_, error);
  if (error) {
    throw Error(ErrorCode::kBadInput, path_.string() + ": " + error.message(),
                "a cache directory that can be written", "Set HEADSCOPE_CACHE to one");
  }
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace headscope
