// sentencepiece's precompiled map of characters: a double array (Darts-clone) over the texts that
// change, and the texts that they become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/aligned_text.h"

namespace headscope {

class CharsMap {
 public:
  // The bytes as a sentencepiece model holds them: the array's size in bytes (32 bits,
  // little-endian), the array, the texts, each ended by NUL. Throws Error(kBadInput) naming
  // `source`.
  CharsMap(std::string_view bytes, const std::string& source);

  // Graphemes, else characters, become what the map says, as the reference's Precompiled does.
  void apply(AlignedText& text) const;
  // The longest match at every place, as sentencepiece itself does.
  void apply_longest(AlignedText& text) const;

 private:
  struct Found {
    std::string_view text;
    size_t bytes = 0;  // of the key
  };
  // What the shortest (or longest) prefix of `key` in the map becomes.
  std::optional<Found> find(std::string_view key, bool longest) const;

  std::vector<uint32_t> units_;
  std::string texts_;
};

// "QUJD" → "ABC". Throws Error(kBadInput) naming `source`.
std::string decode_base64(std::string_view text, const std::string& source);

}  // namespace headscope
