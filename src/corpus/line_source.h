// A file as lines that can be read again. Lines are bounded: a file without line ends must not fill
// the memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace headscope {

inline constexpr size_t kLongestLine = size_t{16} << 20;

class LineSource {
 public:
  // "-" is standard input. What is no regular file is copied to a temporary one. Throws
  // Error(kNotFound) where there is no such file, Error(kBadInput) where it cannot be read or is
  // compressed, UTF-16 or another kind that is no UTF-8 text.
  explicit LineSource(const std::string& path);

  // The next line without its end (LF or CR LF) and, in the first, without a byte-order mark.
  // False at the end. Throws Error(kBadInput) naming file and line for one over kLongestLine.
  bool next(std::string& line);
  int64_t line() const { return line_; }      // number of the line read last, from 1
  int64_t offset() const { return offset_; }  // the byte it begins at
  void rewind();
  const std::string& name() const { return name_; }  // "standard input" for "-"

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void check_kind();
  bool fill();

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
  int64_t line_ = 0, offset_ = 0, next_offset_ = 0;
};

}  // namespace headscope
