#include "text/json_pattern.h"

#include "format/json.h"
#include "text/aligned_text.h"
#include "text/byte_letters.h"

namespace headscope {

JsonPattern::JsonPattern(const Json& owner, const std::string& source) {
  const Json& pattern = object_field(owner, "pattern", source);
  if (find_field(pattern, "String", source)) {
    text_ = codes_of(string_field(pattern, "String", source));
  } else {
    regex_.emplace(string_field(pattern, "Regex", source), source);
  }
}

std::vector<std::pair<size_t, size_t>> JsonPattern::find_all(std::u32string_view text) const {
  return regex_ ? regex_->find_all(text) : find_text(text, text_);
}

}  // namespace headscope
