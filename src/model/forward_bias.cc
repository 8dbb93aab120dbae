// The biases that a pass adds to its scores by position.
#include <algorithm>

#include "model/forward_place.h"
#include "model/position_bias.h"

namespace headscope {

int64_t bias_size(const AttentionSpec& spec, int64_t tokens) {
  switch (spec.bias) {
    case PositionBias::kNone:
      return 0;
    case PositionBias::kBuckets:
      return spec.heads * (2 * tokens - 1);
    case PositionBias::kAlibi:
      return spec.heads;
    case PositionBias::kDisentangled:
    case PositionBias::kRelativeKey:
      return spec.heads * tokens * tokens;
  }
  return 0;
}

// The position biases of every text, where the layer has any.
void ForwardPass::place_biases(std::span<const PassText> texts, const Layer& layer) {
  const AttentionSpec& spec = layer.attention;
  if (spec.bias == PositionBias::kNone) return;
  const ModelSpec& model = model_.spec();
  biases_.clear();
  int64_t size = 0;
  for (size_t t = 0; t < texts.size(); ++t) {
    biases_.push_back(size);
    size += bias_size(spec, tokens(t));
  }
  bias_.reserve(static_cast<size_t>(size));
  for (size_t t = 0; t < texts.size(); ++t) {
    const int64_t n = tokens(t), row = bias_row(spec, n);
    float* to = bias_.data() + biases_[t];
    if (spec.bias == PositionBias::kAlibi) {
      const auto slopes = alibi_slopes(spec.heads);
      std::copy(slopes.begin(), slopes.end(), to);
    } else if (spec.bias == PositionBias::kBuckets) {
      const auto bias = bucket_bias(model.buckets, model_.relative_bias(), spec.heads, n);
      std::copy(bias.begin(), bias.end(), to);
    } else {
      const auto rows = distance_rows(model, spec.bias, n);
      const AttentionWeights& weights = layer.weights;
      for (int64_t h = 0; h < spec.heads; ++h) {
        const auto at = static_cast<size_t>(h);
        const DistanceProducts products{
            weights.position_keys.empty() ? nullptr : &weights.position_keys[at],
            weights.position_queries.empty() ? nullptr : &weights.position_queries[at],
            spec.rule.scale};
        const HeadView view = head_view(texts, layer, t, h);
        distance_bias(products, rows, view.query.data, view.key.data, view.key.stride, n,
                      to + h * row);
      }
    }
    for (int64_t h = 0; h < spec.heads; ++h) {
      if (is_uniform(texts[t], {layer.number, false}, h)) std::fill_n(to + h * row, row, 0.0f);
    }
    if (float* keep = kept(texts[t], {layer.number, false}).bias) {
      std::copy_n(to, bias_size(spec, n), keep);
    }
  }
}

}  // namespace headscope
