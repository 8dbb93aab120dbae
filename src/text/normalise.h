// Text → words as the reference's BertNormalizer and BertPreTokenizer cut them, each character
// still knowing which bytes of the text it comes from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/tensor.h"

namespace headscope {

// One normalised word. Its memory is reused for the next word.
struct Word {
  std::string text;              // UTF-8, normalised
  std::vector<uint32_t> starts;  // byte in `text` at which character c starts
  std::vector<Range> sources;    // bytes of the original text that character c comes from
  void clear() {
    text.clear();
    starts.clear();
    sources.clear();
  }
  size_t characters() const { return starts.size(); }
};

// Calls `emit` for every word of text[range]; source ranges count from the start of `text`.
void for_each_word(std::string_view text, Range range, bool lower_case,
                   const std::function<void(const Word&)>& emit);

}  // namespace headscope
