// How many tokens of a text or pair are kept.
#pragma once

#include <cstdint>

#include "headscope/runner.h"

namespace headscope {

struct Lengths {
  int64_t a = 0;
  int64_t b = 0;
};

// Lengths after truncation so that a + b + added ≤ limit; `added` counts the special tokens, `pair`
// says whether there is a text B. Rules of the reference (tokenizers, truncate_encodings):
// longest-first shortens the longer text down to the other's length, then both; only-first and
// only-second leave the named text at least one token. Throws Error(kBadInput), HS-LEN-01 without a
// strategy, HS-LEN-02 where the strategy cannot shorten enough.
Lengths truncated_lengths(Lengths have, bool pair, int64_t added, int64_t limit,
                          Truncation strategy);

}  // namespace headscope
