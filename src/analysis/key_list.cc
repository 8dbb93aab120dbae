#include "analysis/key_list.h"

#include <algorithm>
#include <map>
#include <utility>

namespace headscope {
namespace {

Range slice(const std::vector<int32_t>& ascending, Range values) {
  const auto first = std::lower_bound(ascending.begin(), ascending.end(), values.begin);
  const auto last = std::lower_bound(first, ascending.end(), values.end);
  return {first - ascending.begin(), last - ascending.begin()};
}

}  // namespace

KeyList::KeyList(std::vector<int32_t> positions, const std::vector<int32_t>& sentence)
    : positions_(std::move(positions)) {
  std::map<int32_t, std::vector<int32_t>> by_sentence;
  for (const int32_t j : positions_) by_sentence[sentence[static_cast<size_t>(j)]].push_back(j);
  for (auto& [number, list] : by_sentence) {
    sentences_.push_back(number);
    of_sentence_.push_back(std::move(list));
  }
}

Range KeyList::within(Range visible) const { return slice(positions_, visible); }

int64_t KeyList::count(Range visible, int32_t sentence) const {
  const auto at = std::lower_bound(sentences_.begin(), sentences_.end(), sentence);
  if (at == sentences_.end() || *at != sentence) return 0;
  return slice(of_sentence_[static_cast<size_t>(at - sentences_.begin())], visible).size();
}

}  // namespace headscope
