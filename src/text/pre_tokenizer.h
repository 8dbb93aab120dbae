// The "pre_tokenizer" of a tokenizer.json: cuts a normalised text into parts that no token crosses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "text/aligned_text.h"

namespace headscope {

class PreTokenizer {
 public:
  using Step = std::function<std::vector<AlignedText>(AlignedText)>;
  void add(Step step, bool at_words) {
    steps_.push_back(std::move(step));
    at_words_ = at_words_ || at_words;
  }
  std::vector<AlignedText> apply(AlignedText text) const;
  // Parts are words or less; without it a part may be a whole text.
  bool cuts_at_words() const { return at_words_; }

 private:
  std::vector<Step> steps_;
  bool at_words_ = false;
};

// Throws Error(kBadInput) naming `source` and a type or a setting that headscope does not know.
PreTokenizer read_pre_tokenizer(const Json& json, const std::string& source);

// GPT-2's pattern, which ByteLevel cuts at.
inline constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

enum class Prepend { kAlways, kFirst, kNever };
// Blanks become `mark` (one character), which also stands before a part where `prepend` says so.
PreTokenizer::Step metaspace(std::u32string mark, Prepend prepend, bool splits);
PreTokenizer::Step split_at_white_space();

}  // namespace headscope
