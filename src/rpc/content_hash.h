// Names for traces: the same id never means other numbers. 128 bits over every byte of the content,
// as fast as memory; not a defence against somebody who wants two traces to collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "headscope/attention_source.h"

namespace headscope {

class ContentHash {
 public:
  // The length of each piece counts: "ab" + "c" differs from "a" + "bc".
  void add(const void* data, size_t bytes);
  void add(std::string_view text) { add(text.data(), text.size()); }
  std::string hex() const;  // 32 digits

 private:
  void word(uint64_t value);

  uint64_t a_ = 0x243f6a8885a308d3u, b_ = 0x13198a2e03707344u;  // digits of π
};

// "t" and the hash of what the source says of itself and of its numbers (a trace's vectors; the
// maps of other sources).
std::string trace_id(const AttentionSource& source);

}  // namespace headscope
