#include "headscope/error.h"

#include <utility>

namespace headscope {

Error::Error(ErrorCode code, std::string got, std::string expected, std::string action, ErrorId id,
             std::optional<ErrorNumbers> numbers)
    : code_(code),
      id_(id),
      got_(std::move(got)),
      expected_(std::move(expected)),
      action_(std::move(action)),
      numbers_(numbers) {
  message_ = got_;
  if (!expected_.empty()) message_ += "; expected " + expected_;
  if (!action_.empty()) message_ += ". " + action_;
}

}  // namespace headscope
