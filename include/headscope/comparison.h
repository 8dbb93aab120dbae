// Two runs side by side: two texts, two models, two checkpoints, heads on and off. Their tokens are
// aligned by the characters that they stand for, their heads by name.
//
// The number of a head is the mean over matched queries of the Jensen–Shannon divergence (Lin 1991,
// natural logarithm, 0 … ln 2) of its two rows. A row is restricted to matched keys and made to sum
// to 1 there; the share of a sink counts as a key. What several tokens stand for is one unit: its
// row is the mean of their rows, its weight the sum of their weights (the rule of word merging).
//
// Goals: the same numbers for command line, page and figures; a source with itself is exactly 0.
// Non-goals: running models; matching heads by what they do.
#pragma once

#include <string>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/run_control.h"

namespace headscope {

// Tokens [left) of one sequence stand for the same characters as tokens [right) of the other.
struct TokenPair {
  Range left, right;
  bool special = false;  // both are tokens of the template
};
// Ranges ascend on each side; every token is in one.
struct Alignment {
  std::vector<TokenPair> matched;
  std::vector<Range> left_only, right_only;
};
// The same text: the smallest groups of tokens that end at the same character; blanks do not count.
// Another text: equal words in the longest common order. Template tokens by their place before,
// between and behind the texts; tokens without characters (ids, generated ones) by their names.
Alignment align_tokens(const TokenSequence& left, const TokenSequence& right);

// One head's map between the units of an alignment.
struct MatchedMap {
  int64_t queries = 0, keys = 0;  // matched units
  // [queries, keys + 1]: weights between matched units, not renormalised; the last is the sink's.
  std::vector<double> weights;
};
// `left`: which side of the pairs `source` is.
MatchedMap matched_map(const AttentionSource& source, HeadRef head, const Alignment& queries,
                       const Alignment& keys, bool left, const RunControl& control = {});

struct HeadDifference {
  std::string stack;  // the left one's name
  HeadId id;
  double js = 0;        // nats; NaN where no query is matched
  double mean_abs = 0;  // mean |difference| of the renormalised rows
  int64_t queries = 0;  // matched ones that attend to matched keys on both sides
  std::vector<std::string> left_labels, right_labels;  // on their own text, best first
};

struct Comparison {
  std::string stack;
  int left_stack = 0, right_stack = 0;
  Alignment queries, keys;
  std::vector<HeadDifference> heads;  // by falling js
  std::vector<std::string> notes;     // what a reader must know
  // Units of the queries that are words: on both sides, on one alone.
  int64_t matched_words() const;
};

struct ComparisonOptions {
  std::string stack;   // "" = the only or first; both must have it
  bool labels = true;  // costs as much again
  // At most this many matched queries of each head, evenly spaced; 0: all. Less than all is noted.
  int64_t most_queries = 0;
};

// Throws Error(kUsage): a stack that one lacks, no head or no token in common.
Comparison compare_sources(const AttentionSource& left, const AttentionSource& right,
                           const ComparisonOptions& options = {}, const RunControl& control = {});

}  // namespace headscope
