#include "corpus/line_source.h"

#include <cstring>
#include <filesystem>

#include "headscope/error.h"
#include "headscope/file_kind.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBuffer = size_t{1} << 16;

// Standard input and pipes cannot be read twice.
std::FILE* spooled(std::FILE* from, const std::string& name) {
  std::FILE* copy = std::tmpfile();
  if (!copy) {
    throw Error(ErrorCode::kBadInput, "no temporary file for " + name,
                std::string(P_tmpdir) + " that can be written", "Or give a regular file");
  }
  std::vector<char> buffer(kBuffer);
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), from)) {
    if (std::fwrite(buffer.data(), 1, got, copy) != got) {
      std::fclose(copy);
      throw Error(ErrorCode::kBadInput, "the temporary copy of " + name + " cannot be written",
                  "space for it");
    }
  }
  if (std::fseek(copy, 0, SEEK_SET) != 0) {
    std::fclose(copy);
    throw Error(ErrorCode::kBadInput, "the temporary copy of " + name + " cannot be read again");
  }
  return copy;
}

}  // namespace

LineSource::LineSource(const std::string& path)
    : name_(path == "-" ? "standard input" : path), buffer_(kBuffer) {
  if (path == "-") {
    file_.reset(spooled(stdin, name_));
    check_kind();
    return;
  }
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw Error(ErrorCode::kNotFound, "no file '" + path + "'", "a file of texts");
  }
  if (fs::is_directory(path, ignored)) {
    throw Error(ErrorCode::kBadInput, path + " is a folder", "a file of texts");
  }
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (!file_) throw Error(ErrorCode::kBadInput, path + " cannot be read", "a readable file");
  if (!fs::is_regular_file(path, ignored)) file_.reset(spooled(file_.get(), path));
  check_kind();
}

void LineSource::check_kind() {
  char first[kKindBytes];
  const size_t count = std::fread(first, 1, sizeof first, file_.get());
  require_text({first, count}, name_);
  rewind();
}

void LineSource::rewind() {
  std::clearerr(file_.get());
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) {
    throw Error(ErrorCode::kBadInput, name_ + " cannot be read a second time");
  }
  at_ = end_ = 0;
  line_ = offset_ = next_offset_ = 0;
}

bool LineSource::fill() {
  at_ = 0;
  end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (end_ == 0 && std::ferror(file_.get())) {
    throw Error(ErrorCode::kBadInput, name_ + " cannot be read", "a readable file");
  }
  return end_ > 0;
}

bool LineSource::next(std::string& line) {
  line.clear();
  offset_ = next_offset_;
  bool any = false;
  while (at_ < end_ || fill()) {
    any = true;
    const char* begin = buffer_.data() + at_;
    const auto* stop = static_cast<const char*>(std::memchr(begin, '\n', end_ - at_));
    const auto take = static_cast<size_t>((stop ? stop : buffer_.data() + end_) - begin);
    if (line.size() + take > kLongestLine) {
      throw Error(ErrorCode::kBadInput,
                  name_ + ", line " + std::to_string(line_ + 1) + " is longer than " +
                      std::to_string(kLongestLine >> 20) + " MB",
                  "lines of text");
    }
    line.append(begin, take);
    at_ += take + (stop ? 1 : 0);
    next_offset_ += static_cast<int64_t>(take) + (stop ? 1 : 0);
    if (stop) break;
  }
  if (!any) return false;
  ++line_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return true;
}

}  // namespace headscope
