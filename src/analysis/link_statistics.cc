#include "headscope/link_statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "format/arrays.h"
#include "headscope/error.h"

namespace headscope {

LinkStatistics::LinkStatistics(std::vector<StackHeads> stacks) : stacks_(std::move(stacks)) {
  for (const StackHeads& stack : stacks_) sums_.emplace_back(stack.heads.size());
}

void LinkStatistics::add(const AttentionSource& source, std::span<const TokenLink> links) {
  std::vector<std::vector<Sum>> segment;
  for (const StackHeads& stack : stacks_) segment.emplace_back(stack.heads.size());
  for (const TokenLink& link : links) {
    if (link.queries.size() == 0 || link.keys.size() == 0) {
      left_out_ += 1;
      continue;
    }
    const std::vector<HeadLink> heads = measure_link(source, link);
    bool seen = false;
    for (size_t h = 0; h < heads.size(); ++h) {
      if (heads[h].rank == 0) continue;
      seen = true;
      Sum& sum = segment.at(static_cast<size_t>(link.stack)).at(h);
      sum.weight += heads[h].weight;
      sum.count += 1;
      sum.rank += static_cast<double>(heads[h].rank);
      sum.top1 += heads[h].rank == 1 ? 1 : 0;
      sum.chance += heads[h].chance;
    }
    (seen ? links_ : hidden_) += 1;
  }
  for (size_t s = 0; s < sums_.size(); ++s) {
    for (size_t h = 0; h < sums_[s].size(); ++h) {
      Sum& own = segment[s][h];
      if (own.count == 0) continue;
      own.weight_squared = own.weight * own.weight;
      own.weight_count = own.weight * own.count;
      own.count_squared = own.count * own.count;
      own.segments = 1;
      for (double Sum::* field : kFields) sums_[s][h].*field += own.*field;
    }
  }
}

void LinkStatistics::merge(const LinkStatistics& other) {
  if (stacks_ != other.stacks_) {
    throw Error(ErrorCode::kBadInput, "links of other heads", "heads of the same model");
  }
  for (size_t s = 0; s < sums_.size(); ++s) {
    for (size_t h = 0; h < sums_[s].size(); ++h) {
      for (double Sum::* field : kFields) sums_[s][h].*field += other.sums_[s][h].*field;
    }
  }
  links_ += other.links_;
  left_out_ += other.left_out_;
  hidden_ += other.hidden_;
}

std::vector<LinkedHead> LinkStatistics::heads() const {
  std::vector<LinkedHead> out;
  for (size_t s = 0; s < sums_.size(); ++s) {
    for (size_t h = 0; h < sums_[s].size(); ++h) {
      const Sum& sum = sums_[s][h];
      if (sum.count == 0) continue;
      LinkedHead head;
      head.stack = stacks_[s].name;
      head.id = stacks_[s].heads[h];
      head.mean = sum.weight / sum.count;
      const double spread = sum.weight_squared - 2 * head.mean * sum.weight_count +
                            head.mean * head.mean * sum.count_squared;
      head.se = sum.segments > 1 ? std::sqrt(std::max(0.0, spread)) / sum.count : std::nan("");
      head.rank = sum.rank / sum.count;
      head.top1 = sum.top1 / sum.count;
      head.chance = sum.chance / sum.count;
      head.lift = head.chance > 0 ? head.mean / head.chance : std::nan("");
      head.n = static_cast<int64_t>(sum.count);
      out.push_back(std::move(head));
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const LinkedHead& a, const LinkedHead& b) { return a.mean > b.mean; });
  return out;
}

// links.sums [heads of all stacks, 9], links.counts [3].
void LinkStatistics::save(ArrayWriter& out) const {
  std::vector<double> values;
  int64_t heads = 0;
  for (const std::vector<Sum>& stack : sums_) {
    heads += std::ssize(stack);
    for (const Sum& sum : stack) {
      for (double Sum::* field : kFields) values.push_back(sum.*field);
    }
  }
  out.put("links.sums", {heads, std::ssize(kFields)}, values);
  out.put("links.counts", {3}, std::vector<int64_t>{links_, left_out_, hidden_});
}

void LinkStatistics::load(const ArrayReader& in) {
  int64_t heads = 0;
  for (const StackHeads& stack : stacks_) heads += std::ssize(stack.heads);
  const std::vector<double> values = in.doubles("links.sums", {heads, std::ssize(kFields)});
  const std::vector<int64_t> counts = in.integers("links.counts", {3});
  for (const int64_t count : counts) {
    if (count < 0) in.refuse("links.counts", std::to_string(count), "0 or more");
  }
  LinkStatistics read(stacks_);
  auto next = values.begin();
  for (std::vector<Sum>& stack : read.sums_) {
    for (Sum& sum : stack) {
      for (double Sum::* field : kFields) sum.*field = *next++;
      if (sum.count < 0) in.refuse("links.sums", std::to_string(sum.count) + " links", "0 or more");
    }
  }
  read.links_ = counts[0];
  read.left_out_ = counts[1];
  read.hidden_ = counts[2];
  *this = std::move(read);
}

}  // namespace headscope
