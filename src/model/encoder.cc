#include "model/encoder.h"

#include <algorithm>

#include "base/parallel.h"
#include "headscope/error.h"
#include "kernels/attention.h"

namespace headscope {

NormWeights load_norm(const CheckedWeights& weights, const std::string& name, int64_t width,
                      float eps) {
  return {weights.copy(weights.norm_weight(name), width),
          weights.copy(weights.norm_bias(name), width), eps};
}

Linear load_linear(const CheckedWeights& weights, const std::string& name, int64_t out, int64_t in,
                   Buffer& scratch) {
  const Linear::Part part{weights.tensor(name + ".weight", {out, in}),
                          weights.tensor(name + ".bias", {out}), out};
  Linear linear(std::span(&part, 1), in, scratch);
  weights.drop(name + ".weight");
  return linear;
}

std::string Encoder::layer_name(int64_t number, const char* name) const {
  return prefix_ + names_.layer_prefix + std::to_string(number) + "." + name;
}

LayerWeights Encoder::load_layer(const CheckedWeights& weights, int64_t number,
                                 Buffer& scratch) const {
  const BlockConfig& block = config_.block;
  const int64_t d = block.width, f = block.inner;
  const auto name = [&](const char* part) { return layer_name(number, part); };
  std::vector<Linear::Part> projections;
  for (const char* part : {names_.query, names_.key, names_.value}) {
    projections.push_back({weights.tensor(name(part) + ".weight", {d, d}),
                           weights.tensor(name(part) + ".bias", {d}), d});
  }
  LayerWeights layer;
  layer.qkv = Linear(projections, d, scratch);
  for (const char* part : {names_.query, names_.key, names_.value}) {
    weights.drop(name(part) + ".weight");
  }
  layer.attention_output = load_linear(weights, name(names_.attention_output), d, d, scratch);
  layer.attention_norm = load_norm(weights, name(names_.attention_norm), d, block.norm_eps);
  layer.inner = load_linear(weights, name(names_.inner), f, d, scratch);
  layer.output = load_linear(weights, name(names_.output), d, f, scratch);
  layer.output_norm = load_norm(weights, name(names_.output_norm), d, block.norm_eps);
  return layer;
}

Encoder::Encoder(ModelConfig config, const FamilyNames& names,
                 std::shared_ptr<const WeightStore> store, const RunControl& control)
    : config_(std::move(config)), names_(names), store_(std::move(store)) {
  const CheckedWeights weights(*store_);
  const std::string words = std::string(names_.words) + ".weight";
  if (weights.has(names_.prefix + words)) prefix_ = names_.prefix;
  words_name_ = prefix_ + words;
  const int64_t d = config_.block.width;
  weights.tensor(words_name_, {config_.vocab, d});
  weights.drop(words_name_);
  const auto table = [&](const char* name, int64_t rows) {
    const std::string whole = prefix_ + name + ".weight";
    Buffer copy(static_cast<size_t>(rows * d));
    std::copy_n(weights.tensor(whole, {rows, d}), rows * d, copy.data());
    weights.drop(whole);
    return copy;
  };
  positions_ = table(names_.positions, config_.positions);
  segments_ = table(names_.segments, config_.segments);
  embedding_norm_ = load_norm(weights, prefix_ + names_.embedding_norm, d, config_.block.norm_eps);
  Buffer scratch;
  for (int64_t l = 0; l < config_.layers; ++l) {
    control.cancel.check();
    control.report(l + 1, config_.layers + 1);
    layers_.push_back(load_layer(weights, l, scratch));
  }
  control.report(config_.layers + 1, config_.layers + 1);
  grams_.resize(layers_.size());
}

const float* Encoder::grams(int64_t layer) const {
  Buffer& kept = grams_[static_cast<size_t>(layer)];
  if (kept.data()) return kept.data();
  const BlockConfig& block = config_.block;
  const int64_t size = gram_size(block.head_width());
  const std::string name = layer_name(layer, names_.attention_output) + ".weight";
  const float* weight = store_->data(name);  // [D, D], a head's slice are Dh columns
  float* out = kept.reserve(static_cast<size_t>(size * block.heads));
  parallel_for(block.heads, [&](int64_t h) {
    gram(weight + h * block.head_width(), block.width, block.width, block.head_width(),
         out + h * size);
  });
  store_->drop_pages(name);
  return out;
}

}  // namespace headscope
