#include "model/heads.h"

#include <algorithm>
#include <cmath>

namespace headscope {

std::optional<MaskedLanguageHead> MaskedLanguageHead::load(const Encoder& encoder,
                                                           const FamilyNames& names) {
  const CheckedWeights weights(encoder.store());
  const std::string transform = names.mlm_transform;
  if (!weights.has(transform + ".weight")) return std::nullopt;
  const int64_t d = encoder.config().block.width, v = encoder.config().vocab;
  MaskedLanguageHead head;
  Buffer scratch;
  head.encoder_ = &encoder;
  head.transform_ = load_linear(weights, transform, d, d, scratch);
  head.norm_ = load_norm(weights, names.mlm_norm, d, encoder.config().block.norm_eps);
  const std::string decoder = names.mlm_decoder;
  head.bias_ = weights.copy(weights.has(names.mlm_bias) ? names.mlm_bias : decoder + ".bias", v);
  head.decoder_name_ = encoder.words_name();
  if (weights.has(decoder + ".weight")) {
    head.decoder_name_ = decoder + ".weight";
    weights.tensor(head.decoder_name_, {v, d});
    weights.drop(head.decoder_name_);
  }
  return head;
}

void MaskedLanguageHead::pack_decoder() {
  const ModelConfig& config = encoder_->config();
  Buffer scratch;
  const Linear::Part part{encoder_->store().data(decoder_name_), bias_.data(), config.vocab};
  decoder_ = Linear(std::span(&part, 1), config.block.width, scratch);
  encoder_->store().drop_pages(decoder_name_);
}

const float* MaskedLanguageHead::logits(const float* x, int64_t rows) {
  const ModelConfig& config = encoder_->config();
  if (decoder_.empty()) pack_decoder();
  float* hidden = hidden_.reserve(static_cast<size_t>(rows * config.block.width));
  float* out = logits_.reserve(static_cast<size_t>(rows * config.vocab));
  transform_.apply(x, rows, hidden);
  activate(config.block.activation, hidden, rows * config.block.width);
  layer_norm(norm_.view(), hidden, nullptr, rows, config.block.width, hidden);
  decoder_.apply(hidden, rows, out);
  return out;
}

std::optional<NextSentenceHead> NextSentenceHead::load(const Encoder& encoder,
                                                       const FamilyNames& names) {
  const CheckedWeights weights(encoder.store());
  const std::string pooler = encoder.prefix() + names.pooler, classifier = names.next_sentence;
  if (!weights.has(pooler + ".weight") || !weights.has(classifier + ".weight")) {
    return std::nullopt;
  }
  NextSentenceHead head;
  Buffer scratch;
  head.width_ = encoder.config().block.width;
  head.pooler_ = load_linear(weights, pooler, head.width_, head.width_, scratch);
  head.classifier_ = load_linear(weights, classifier, 2, head.width_, scratch);
  return head;
}

double NextSentenceHead::probability(const float* cls) const {
  std::vector<float> pooled(static_cast<size_t>(width_));
  pooler_.apply(cls, 1, pooled.data());
  for (float& value : pooled) value = std::tanh(value);
  float logits[2];
  classifier_.apply(pooled.data(), 1, logits);
  return 1.0 / (1.0 + std::exp(double{logits[1]} - logits[0]));
}

}  // namespace headscope
