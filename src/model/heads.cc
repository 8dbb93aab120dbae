#include "model/heads.h"

#include <algorithm>
#include <cmath>

#include "headscope/error.h"

namespace headscope {

namespace {

constexpr int64_t kOnce = WeightTable::kNoLayer;

}  // namespace

std::optional<VocabularyHead> VocabularyHead::load(const Transformer& model) {
  const ModelSpec& spec = model.spec();
  const VocabularySpec& its = spec.vocabulary;
  const WeightTable& table = model.table();
  const int64_t d = spec.width, v = spec.embedding.vocab;
  if (its.kind == VocabularySpec::Kind::kNone) return std::nullopt;
  const std::string decoder = table.weight_name(Role::kDecoder);
  const bool own_decoder = table.store().shape(decoder) != nullptr;
  if (its.transform && !table.has(Role::kHeadTransform)) return std::nullopt;
  if (!its.tied && !own_decoder) return std::nullopt;
  VocabularyHead head;
  Buffer scratch;
  head.model_ = &model;
  if (its.transform) {
    const Output transform{Role::kHeadTransform, its.width};
    head.transform_ = table.linear({&transform, 1}, kOnce, d, its.transform_bias, scratch);
    head.norm_ = table.norm(Role::kHeadNorm, kOnce, its.norm, its.width);
  }
  if (its.bias && (!its.bias_may_lack || table.has(Role::kHeadBias))) {
    // BART and Marian keep it as a row.
    const auto* found = table.store().shape(table.bare_name(Role::kHeadBias));
    const bool row = found && found->size() == 2;
    const std::vector<int64_t> shape = row ? std::vector<int64_t>{1, v} : std::vector<int64_t>{v};
    const float* bias = table.bare(Role::kHeadBias, kOnce, shape);
    std::copy_n(bias, v, head.bias_.reserve(static_cast<size_t>(v)));
  }
  head.decoder_name_ = own_decoder ? decoder : model.words_name();
  if (own_decoder) {
    if (model.is_streamed()) {
      table.expect(Role::kDecoder, decoder, kOnce, {v, its.width});
    } else {
      table.weight(Role::kDecoder, kOnce, {v, its.width});
      table.drop(decoder);
    }
  } else if (its.width != spec.embedding.width) {
    throw Error(ErrorCode::kBadInput, table.source() + " has no tensor " + decoder,
                "one of " + std::to_string(its.width) + " columns");
  }
  return head;
}

void VocabularyHead::pack_decoder() {
  const ModelSpec& spec = model_->spec();
  Buffer scratch;
  const Linear::Part part{model_->store().data(decoder_name_), bias_.data(), spec.embedding.vocab};
  decoder_ = Linear(std::span(&part, 1), spec.vocabulary.width, scratch);
  model_->store().drop_pages(decoder_name_);
}

void VocabularyHead::stream_decoder(const float* x, int64_t rows, float* logits) const {
  const int64_t v = model_->spec().embedding.vocab, width = model_->spec().vocabulary.width;
  Buffer weight(static_cast<size_t>(kStreamedRows * width)), scratch;
  Buffer some(static_cast<size_t>(rows * kStreamedRows));
  for (int64_t begin = 0; begin < v; begin += kStreamedRows) {
    const int64_t count = std::min(kStreamedRows, v - begin);
    model_->table().read_rows(decoder_name_, begin, count, width, weight.data());
    const Linear::Part part{weight.data(), bias_.data() ? bias_.data() + begin : nullptr, count};
    Linear(std::span(&part, 1), width, scratch).apply(x, rows, some.data());
    for (int64_t r = 0; r < rows; ++r) {
      std::copy_n(some.data() + r * count, count, logits + r * v + begin);
    }
  }
}

const float* VocabularyHead::logits(const float* x, int64_t rows) {
  const ModelSpec& spec = model_->spec();
  const VocabularySpec& its = spec.vocabulary;
  const int64_t count = rows * spec.embedding.vocab;
  float* out = logits_.reserve(static_cast<size_t>(count));
  if (its.transform) {
    float* hidden = hidden_.reserve(static_cast<size_t>(rows * its.width));
    transform_.apply(x, rows, hidden);
    activate(its.activation, hidden, rows * its.width);
    normalise(norm_.view(), hidden, nullptr, rows, its.width, hidden);
    x = hidden;
  }
  if (its.scale != 1) {
    float* hidden = hidden_.reserve(static_cast<size_t>(rows * its.width));
    for (int64_t i = 0; i < rows * its.width; ++i) hidden[i] = x[i] * its.scale;
    x = hidden;
  }
  if (model_->is_streamed()) {
    stream_decoder(x, rows, out);
  } else {
    if (decoder_.empty()) pack_decoder();
    decoder_.apply(x, rows, out);
  }
  if (its.softcap > 0) {
    for (int64_t i = 0; i < count; ++i) out[i] = its.softcap * std::tanh(out[i] / its.softcap);
  }
  return out;
}

std::optional<NextSentenceHead> NextSentenceHead::load(const Transformer& model) {
  const WeightTable& table = model.table();
  if (!model.spec().next_sentence || !table.has(Role::kPooler) || !table.has(Role::kNextSentence)) {
    return std::nullopt;
  }
  NextSentenceHead head;
  Buffer scratch;
  head.width_ = model.spec().width;
  const Output pooler{Role::kPooler, head.width_}, classifier{Role::kNextSentence, 2};
  head.pooler_ = table.linear({&pooler, 1}, kOnce, head.width_, true, scratch);
  head.classifier_ = table.linear({&classifier, 1}, kOnce, head.width_, true, scratch);
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
