// Counts in sentences.
#pragma once

#include <cstdint>
#include <string>

namespace headscope {

// counted(1, "link") = "1 link", counted(4, "link") = "4 links"; for nouns whose plural ends in s.
inline std::string counted(int64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace headscope
