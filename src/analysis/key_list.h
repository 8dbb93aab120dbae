// Positions that are keys of a pattern. Queries that ask for the same keys share one list, so that
// the lists of a text grow with its length and not with its square.
#pragma once

#include <cstdint>
#include <vector>

#include "headscope/tensor.h"

namespace headscope {

class KeyList {
 public:
  KeyList() = default;
  // `positions` ascending; sentence [N] of every token of the text.
  KeyList(std::vector<int32_t> positions, const std::vector<int32_t>& sentence);

  const std::vector<int32_t>& positions() const { return positions_; }
  // The slice of positions() that lies in the tokens `visible`.
  Range within(Range visible) const;
  // How many of the tokens `visible` are in the list and in sentence `sentence`.
  int64_t count(Range visible, int32_t sentence) const;

 private:
  std::vector<int32_t> positions_;
  std::vector<int32_t> sentences_;                 // distinct, ascending
  std::vector<std::vector<int32_t>> of_sentence_;  // positions of each
};

}  // namespace headscope
