// The one exception type of headscope. The core throws it; each edge maps it once:
// the command line to an exit code, the server to an HTTP answer, Python to an exception.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "headscope/error_ids.h"

namespace headscope {

// The numbers are the command line's exit codes.
enum class ErrorCode {
  kInternal = 1,  // a bug of ours
  kUsage = 2,     // wrong usage: an option, layer, head, row or position that does not exist here
  kBadInput = 3,  // a path that exists with wrong or missing content, a text that cannot be taken
  kNotFound = 4,  // a name or path that does not exist, a source not reachable, a port in use
  kInterrupted = 130  // cancelled by the user
};

// Of an error over a limit (HS-LEN, HS-LIMIT, HS-MEM): what it would have taken and the most that
// is allowed, in the unit of the text: tokens, bytes, entries.
struct ErrorNumbers {
  int64_t got = 0;
  int64_t limit = 0;
};

// What went wrong, in the form: got, expected, action (what to do). `id` is the stable code of
// the interface (HS-LEN-01, …), empty where none is defined.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string got, std::string expected = {}, std::string action = {},
        ErrorId id = {}, std::optional<ErrorNumbers> numbers = {});

  ErrorCode code() const { return code_; }
  ErrorId id() const { return id_; }
  const std::string& got() const { return got_; }
  const std::string& expected() const { return expected_; }
  const std::string& action() const { return action_; }
  const std::optional<ErrorNumbers>& numbers() const { return numbers_; }
  // "got; expected …. action", one line.
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  ErrorId id_;
  std::string got_, expected_, action_, message_;
  std::optional<ErrorNumbers> numbers_;
};

}  // namespace headscope
