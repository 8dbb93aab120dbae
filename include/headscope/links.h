// Links: which heads attend from one word to another. The answer to "who connects `it` with
// `animal`?" is one weight a head, so every head of a long text is ranked at once.
#pragma once

#include <vector>

#include "headscope/attention_source.h"
#include "headscope/run_control.h"

namespace headscope {

struct LinkQuestion {
  int stack = 0;       // indexes TraceInfo::stacks
  int64_t query = 0;   // token of the stack's query side
  int64_t key = 0;     // token of its key side
  bool words = false;  // their whole words: keys are summed, queries averaged
};

struct HeadLink {
  HeadId id;
  double weight = 0;  // A[query, key]
  int64_t rank = 0;   // of the key among all keys of the query, 1 = the heaviest; 0 = masked here
  double chance =
      0;            // expected weight when masses are shuffled within their class (patterns.md, 1)
  double lift = 0;  // weight / chance; NaN where chance is 0
};

// A link between spans of tokens, of a stack's query and key side.
struct TokenLink {
  int stack = 0;
  Range queries, keys;
};

// Every head of the stack, in the order of all_heads(): the weight is summed over the keys,
// averaged over the queries; the rank is that of the keys among the words that the stack's keys
// make up, of a word that the span cuts the rest. Throws Error(kUsage, HS-LINK-01) for spans that
// are empty or lie outside.
std::vector<HeadLink> measure_link(const AttentionSource& source, const TokenLink& link,
                                   const RunControl& control = {});

// Every head of the stack, the heaviest first, equal ones by layer and head. The classes of chance:
// words of the query's own sentence but itself, words of the other sentence, all words where the
// key is the query itself, all keys where it is a special token; keys that the mask hides belong to
// none. Throws Error(kUsage, HS-LINK-01) for a token that there is not, and where every head masks
// the key.
std::vector<HeadLink> rank_links(const AttentionSource& source, const LinkQuestion& question,
                                 const RunControl& control = {});

}  // namespace headscope
