// Regular expressions of tokenizer.json. They are written for Oniguruma (Ruby's syntax); this
// translates them to PCRE2's and refuses what the two read differently.
//
// A search is bounded by PCRE2's match limit, so that no pattern hangs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headscope {

class Regex {
 public:
  // UTF-8. Throws Error(kBadInput) naming `source` and what it cannot take.
  Regex(const std::string& pattern, const std::string& source);
  ~Regex();
  Regex(Regex&&) noexcept;

  // [first, last) of every match from left to right, none overlapping, none in an empty text. As in
  // Oniguruma's binding for Rust, an empty match counts unless the one before ends there. Throws
  // Error(kBadInput) where the match limit is reached.
  std::vector<std::pair<size_t, size_t>> find_all(std::u32string_view text) const;

  // The pattern as PCRE2 gets it.
  static std::u32string translate(const std::string& pattern, const std::string& source);

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace headscope
