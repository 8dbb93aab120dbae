// Which heads carry a relation: many links of a corpus, each a span of query tokens and a span of
// key tokens ("which subject does this verb have", "what does `it` mean"), measured on every head.
//
// A link's weight is what its queries give its keys: summed over the keys, averaged over the
// queries. A head's mean weight stands beside its chance (patterns.md: masses shuffled within their
// class) and the rank of the keys among the words that the queries see. Goals: sums only, so that
// parts of a corpus merge. Non-goals: finding links in texts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/links.h"

namespace headscope {

class ArrayReader;  // format/arrays.h
class ArrayWriter;

// Of one head, over the links whose keys it sees.
struct LinkedHead {
  std::string stack;  // as HeadReport::stack
  HeadId id;
  double mean = 0;    // weight
  double se = 0;      // of the mean, over segments; NaN with one segment
  double rank = 0;    // mean rank of the keys, 1 = heaviest
  double top1 = 0;    // share of links whose keys are the heaviest
  double chance = 0;  // mean expected weight
  double lift = 0;    // mean / chance; NaN where chance is 0
  int64_t n = 0;      // links
};

class LinkStatistics {
 public:
  // All stacks of the model.
  explicit LinkStatistics(std::vector<StackHeads> stacks);

  // Adds the links of one segment. Links without query or key tokens count as left out, those that
  // the mask hides from every head as hidden. Throws Error(kUsage) for tokens that are not there.
  void add(const AttentionSource& source, std::span<const TokenLink> links);
  // Sums add. Throws Error(kBadInput) for other heads.
  void merge(const LinkStatistics& other);

  int64_t links() const { return links_; }        // measured
  int64_t left_out() const { return left_out_; }  // a span has no token of its own
  int64_t hidden() const { return hidden_; }      // no head sees the keys
  // Heads with a link, the largest mean first, equal ones by stack, layer and head.
  std::vector<LinkedHead> heads() const;

  // As arrays of a Partial. load() replaces what is there; throws Error(kBadInput) where the arrays
  // do not fit these heads.
  void save(ArrayWriter& out) const;
  void load(const ArrayReader& in);

 private:
  // Σ over links of a segment, summed over segments; what se needs are products of these sums.
  struct Sum {
    double weight = 0, count = 0, weight_squared = 0, weight_count = 0, count_squared = 0;
    double rank = 0, top1 = 0, chance = 0, segments = 0;
  };
  static constexpr double Sum::* kFields[] = {
      &Sum::weight, &Sum::count, &Sum::weight_squared, &Sum::weight_count, &Sum::count_squared,
      &Sum::rank,   &Sum::top1,  &Sum::chance,         &Sum::segments};

  std::vector<StackHeads> stacks_;
  std::vector<std::vector<Sum>> sums_;  // [stacks][heads]
  int64_t links_ = 0, left_out_ = 0, hidden_ = 0;
};

}  // namespace headscope
