// Queries and keys of a stack's first layer as sums: of what the word, its position and its segment
// put into the embeddings, and of constants.
//
// The normalisation before the layer divides by the deviation of the whole sum. With that number
// held, normalisation and projections are linear, so the parts add up to q and k themselves.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/transformer.h"

namespace headscope {

// "word", "position", "segment" as far as the embeddings have them, then "constant": biases of the
// normalisation and the projections, the same for every token. Empty where the first layer's q and
// k are no such sum, or of the word alone: two normalisations before it, normalised or rotated
// queries and keys, positions that are no part of the embeddings, pictures.
std::vector<std::string> input_parts(const ModelSpec& spec);

struct InputSplit {
  std::vector<float> query;  // [P, Dh] of one query
  std::vector<float> key;    // [P, N, Dh]
};
// Of a model that has parts. `ids` and `segments` (empty: all 0) are checked as in a run; `head`
// and `query` must exist.
InputSplit split_input(const Transformer& model, std::span<const int32_t> ids,
                       std::span<const int32_t> segments, int64_t head, int64_t query);

}  // namespace headscope
