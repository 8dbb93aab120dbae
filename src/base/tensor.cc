#include "headscope/tensor.h"

#include "headscope/error.h"

namespace headscope {

std::string to_string(HeadId id) {
  return "L" + std::to_string(id.layer) + "H" + std::to_string(id.head);
}

namespace {

// Reads decimal digits from text at pos; -1 if there are none or too many for a layer or head.
int read_number(const std::string& text, size_t& pos) {
  const size_t start = pos;
  int value = 0;
  while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9' && pos - start < 6) {
    value = value * 10 + (text[pos++] - '0');
  }
  return pos == start ? -1 : value;
}

}  // namespace

HeadId parse_head_id(const std::string& text) {
  size_t pos = 1;
  if (!text.empty() && (text[0] == 'L' || text[0] == 'l')) {
    const int layer = read_number(text, pos);
    if (layer >= 0 && pos < text.size() && (text[pos] == 'H' || text[pos] == 'h')) {
      const int head = read_number(text, ++pos);
      if (head >= 0 && pos == text.size()) return {layer, head};
    }
  }
  throw Error(ErrorCode::kUsage, "head '" + text + "'", "a name like L2H0 (layer 2, head 0)");
}

}  // namespace headscope
