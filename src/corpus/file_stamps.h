// Tells whether files are still what they were: a corpus is read more than once, and numbers of two
// versions of it must not be mixed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace headscope {

class FileStamps {
 public:
  // Notes size and time of the regular files among `paths`; pipes and "-" are copied by
  // CorpusReader and cannot change.
  explicit FileStamps(const std::vector<std::string>& paths);
  // Throws Error(kBadInput) naming the first file that is another one now.
  void check() const;

 private:
  struct Stamp {
    std::string path;
    uintmax_t bytes = 0;
    std::filesystem::file_time_type time;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp(const std::string& path);
  std::vector<Stamp> stamps_;
};

// What a run throws whose corpus ends before all `expected` `units` ("segments") were read.
[[noreturn]] void throw_corpus_ended(const FileStamps& stamps, int64_t found, int64_t expected,
                                     const char* units);

}  // namespace headscope
