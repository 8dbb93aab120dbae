// A "pattern" of a tokenizer.json: {"String": …} or {"Regex": …}.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/json_fwd.h"
#include "text/regex.h"

namespace headscope {

class JsonPattern {
 public:
  // The field "pattern" of `owner`. Throws Error(kBadInput) naming `source`.
  JsonPattern(const Json& owner, const std::string& source);
  std::vector<std::pair<size_t, size_t>> find_all(std::u32string_view text) const;

 private:
  std::u32string text_;
  std::optional<Regex> regex_;
};

}  // namespace headscope
