#include "corpus/file_stamps.h"

#include <system_error>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr const char* kAction = "Leave the files as they are and start the command again";

}  // namespace

FileStamps::Stamp FileStamps::stamp(const std::string& path) {
  std::error_code missing;  // a file that is gone has the stamp of an empty one
  Stamp out{path, std::filesystem::file_size(path, missing), {}};
  if (missing) out.bytes = 0;
  out.time = std::filesystem::last_write_time(path, missing);
  return out;
}

FileStamps::FileStamps(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::error_code missing;
    if (std::filesystem::is_regular_file(path, missing)) stamps_.push_back(stamp(path));
  }
}

void FileStamps::check() const {
  for (const Stamp& was : stamps_) {
    if (stamp(was.path) == was) continue;
    throw Error(ErrorCode::kBadInput, was.path + " changed while it was analysed",
                "a corpus that stays as it is during a run", kAction);
  }
}

void throw_corpus_ended(const FileStamps& stamps, int64_t found, int64_t expected,
                        const char* units) {
  stamps.check();
  throw Error(ErrorCode::kBadInput, "the corpus ended after " + std::to_string(found) + " " + units,
              std::to_string(expected) + ", as many as were counted before the run", kAction);
}

}  // namespace headscope
