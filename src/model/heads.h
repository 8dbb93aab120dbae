// What stands on the transformer: the head that predicts tokens and the next-sentence head.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/transformer.h"

namespace headscope {

// logits = W_decoder · h + bias, with h = x or norm(act(W·x + b)); of masked tokens or of the next
// one. The decoder's weight is that of the word embeddings unless the file holds its own; it is
// packed at first need (94 MB for BERT-Base). A streamed model's is read anew each time, some rows
// after the other.
class VocabularyHead {
 public:
  // nullopt where the weights have none. Throws Error(kBadInput) naming the tensor.
  static std::optional<VocabularyHead> load(const Transformer& model);

  // Rows whose logits are computed at once; more cost memory.
  static constexpr int64_t kRows = 128;
  // Rows of a streamed decoder that are packed at once.
  static constexpr int64_t kStreamedRows = 4096;
  // x [rows, D] → logits [rows, V]; at most kRows rows. Valid until the next call. Not thread-safe.
  const float* logits(const float* x, int64_t rows);

 private:
  VocabularyHead() = default;
  void pack_decoder();
  void stream_decoder(const float* x, int64_t rows, float* logits) const;

  const Transformer* model_ = nullptr;
  Linear transform_;  // empty without
  NormWeights norm_;
  std::string decoder_name_;
  Buffer bias_;  // [V], or empty
  Linear decoder_;
  Buffer hidden_;  // [rows, width]
  Buffer logits_;  // [rows, V]
};

// tanh(W·h_cls + b), then two logits: is next, is not.
class NextSentenceHead {
 public:
  static std::optional<NextSentenceHead> load(const Transformer& model);
  // P(is next) from the hidden state of [CLS], [D].
  double probability(const float* cls) const;

 private:
  NextSentenceHead() = default;
  int64_t width_ = 0;
  Linear pooler_, classifier_;
};

}  // namespace headscope
