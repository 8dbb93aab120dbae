// InputParts: what word, position and segment put into a model's first layer
// (docs/decisions/230-parts-of-the-first-layer.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headscope/trace_info.h"

namespace headscope {

// Queries and keys of the first layer of the first stack as sums of what its input is made of. The
// normalisation before the layer divides by the deviation of the embeddings' sum; with that number
// held all else is linear, so the parts add up to q and k within float32's rounding.
class InputParts {
 public:
  virtual ~InputParts() = default;
  // P of them, in order: "word", "position", "segment" as far as the embeddings have them, then
  // "constant", the biases of normalisation and projections.
  virtual const std::vector<std::string>& names() const = 0;

  struct Split {
    std::vector<float> query;  // [P, Dh] of one query
    std::vector<float> key;    // [P, N, Dh], of the key head that `head` reads
  };
  // Throws Error(kUsage) for a head or a query that is not there; Error(kBadInput) for ids that the
  // model does not have.
  virtual Split split(const TokenSequence& text, int head, int64_t query) const = 0;
};

}  // namespace headscope
