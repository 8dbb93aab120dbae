// What stands on the encoder: the masked-language-model head and the next-sentence head.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/encoder.h"

namespace headscope {

// logits = W_decoder · norm(act(W·x + b)) + bias. The decoder's weight is that of the word
// embeddings unless the file holds its own; it is packed at first need (94 MB for BERT-Base).
class MaskedLanguageHead {
 public:
  // nullopt where the weights have none. Throws Error(kBadInput) naming the tensor.
  static std::optional<MaskedLanguageHead> load(const Encoder& encoder, const FamilyNames& names);

  // Rows whose logits are computed at once; more cost memory.
  static constexpr int64_t kRows = 128;
  // x [rows, D] → logits [rows, V]; at most kRows rows. Valid until the next call. Not thread-safe.
  const float* logits(const float* x, int64_t rows);

 private:
  MaskedLanguageHead() = default;
  void pack_decoder();

  const Encoder* encoder_ = nullptr;
  Linear transform_;
  NormWeights norm_;
  std::string decoder_name_;
  Buffer bias_;  // [V]
  Linear decoder_;
  Buffer hidden_;  // [rows, D]
  Buffer logits_;  // [rows, V]
};

// tanh(W·h_cls + b), then two logits: is next, is not.
class NextSentenceHead {
 public:
  static std::optional<NextSentenceHead> load(const Encoder& encoder, const FamilyNames& names);
  // P(is next) from the hidden state of [CLS], [D].
  double probability(const float* cls) const;

 private:
  NextSentenceHead() = default;
  int64_t width_ = 0;
  Linear pooler_, classifier_;
};

}  // namespace headscope
