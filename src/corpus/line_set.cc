#include <algorithm>

#include "headscope/error.h"
#include "headscope/partial.h"

namespace headscope {
namespace {

// The first of ascending ranges that ends behind `line`.
std::vector<Range>::const_iterator first_beyond(const std::vector<Range>& ranges, int64_t line) {
  return std::partition_point(ranges.begin(), ranges.end(),
                              [line](const Range& r) { return r.end <= line; });
}

}  // namespace

bool LineSet::contains(const SegmentName& name) const {
  const auto found = ranges_.find(name.partition);
  if (found == ranges_.end()) return false;
  const auto at = first_beyond(found->second, name.line);
  return at != found->second.end() && at->begin <= name.line;
}

void LineSet::add(const SegmentName& name) {
  if (contains(name)) {
    throw Error(
        ErrorCode::kBadInput,
        "line " + std::to_string(name.line) + " of partition \"" + name.partition + "\" twice",
        "each line once");
  }
  std::vector<Range>& ranges = ranges_[name.partition];
  auto at = ranges.begin() + (first_beyond(ranges, name.line) - ranges.cbegin());
  const bool joins_before = at != ranges.begin() && (at - 1)->end == name.line;
  const bool joins_behind = at != ranges.end() && at->begin == name.line + 1;
  if (joins_before && joins_behind) {
    (at - 1)->end = at->end;
    ranges.erase(at);
  } else if (joins_before) {
    (at - 1)->end = name.line + 1;
  } else if (joins_behind) {
    at->begin = name.line;
  } else {
    ranges.insert(at, {name.line, name.line + 1});
  }
}

bool LineSet::add(const std::string& partition, Range range) {
  std::vector<Range>& ranges = ranges_[partition];
  const int64_t least = ranges.empty() ? 0 : ranges.back().end + 1;
  if (range.begin < least || range.end <= range.begin) return false;
  ranges.push_back(range);
  return true;
}

std::optional<SegmentName> LineSet::common(const LineSet& other) const {
  for (const auto& [partition, theirs] : other.ranges_) {
    const auto found = ranges_.find(partition);
    if (found == ranges_.end()) continue;
    for (const Range& r : theirs) {
      const auto at = first_beyond(found->second, r.begin);
      if (at != found->second.end() && at->begin < r.end) {
        return SegmentName(partition, std::max(at->begin, r.begin));
      }
    }
  }
  return std::nullopt;
}

void LineSet::merge(const LineSet& other) {
  for (const auto& [partition, theirs] : other.ranges_) {
    std::vector<Range>& ours = ranges_[partition];
    const auto middle = static_cast<std::ptrdiff_t>(ours.size());
    ours.insert(ours.end(), theirs.begin(), theirs.end());
    const auto before = [](const Range& a, const Range& b) { return a.begin < b.begin; };
    std::inplace_merge(ours.begin(), ours.begin() + middle, ours.end(), before);
    std::vector<Range> joined;
    for (const Range& r : ours) {
      if (!joined.empty() && joined.back().end == r.begin) {
        joined.back().end = r.end;
      } else {
        joined.push_back(r);
      }
    }
    ours = std::move(joined);
  }
}

int64_t LineSet::size() const {
  int64_t out = 0;
  for (const auto& [partition, ranges] : ranges_) {
    for (const Range& r : ranges) out += r.size();
  }
  return out;
}

}  // namespace headscope
