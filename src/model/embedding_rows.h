// The rows that a token's embedding is the sum of, token by token in the order of a text: each has
// its place in the table of positions.
#pragma once

#include <cstdint>

#include "kernels/buffer.h"
#include "model/transformer.h"

namespace headscope {

class EmbeddingRows {
 public:
  // `earlier`: tokens of the text before the first one that is asked for.
  explicit EmbeddingRows(const Transformer& model, int64_t earlier = 0);

  // Word (multiplied by the model's scale), segment and position of the next token, each
  // [embedding.width]; null where the model has no such table. The word's row is valid until the
  // next call. Throws Error(kBadInput): an id, a segment or a place that the model does not have.
  struct Rows {
    const float *word = nullptr, *segment = nullptr, *position = nullptr;
  };
  Rows next(int64_t id, int64_t segment);

 private:
  const Transformer& model_;
  int64_t place_;
  Buffer word_;
};

}  // namespace headscope
