#include "session/stack_room.h"

#include <functional>
#include <memory>
#include <numeric>

namespace headscope {

namespace {

// An array, and where its numbers go.
Array room_for(std::vector<int64_t> shape, float*& place) {
  const auto count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies());
  auto floats = std::make_shared_for_overwrite<float[]>(static_cast<size_t>(count));
  place = floats.get();
  return Array::borrow(DType::kF32, std::move(shape), place, std::move(floats));
}

std::vector<int64_t> bias_shape(const AttentionSpec& spec, int64_t queries, int64_t keys) {
  switch (spec.rule.bias) {
    case BiasKind::kDistance:
      return {spec.heads, 2 * queries - 1};
    case BiasKind::kDense:
      return {spec.heads, queries, keys};
    default:
      return {spec.heads};
  }
}

}  // namespace

StackRoom::StackRoom(const ModelSpec& model, const StackInfo& stack, int64_t queries, int64_t keys,
                     const TraceOptions& options)
    : kept_(static_cast<size_t>(model.layers())) {
  for (const LayerInfo& layer : stack.layers) {
    const BlockSpec& block = model.block(layer.layer);
    const AttentionSpec& spec = stack.square() ? block.attention : *block.cross;
    const int64_t h = spec.heads, kv = spec.kv_heads;
    LayerArrays& arrays = arrays_.emplace_back();
    KeptLayer& kept = kept_[static_cast<size_t>(layer.layer)];
    arrays.query = room_for({h, queries, spec.head_dim}, kept.query);
    arrays.key = room_for({kv, keys, spec.head_dim}, kept.key);
    arrays.logsumexp = room_for({h, queries}, kept.logsumexp);
    if (options.with_values) {
      arrays.value = room_for({kv, keys, spec.value_dim}, kept.value);
      arrays.value_norm = room_for({h, keys}, kept.value_norm);
    }
    if (spec.rule.sinks) arrays.sink = room_for({h, queries}, kept.sink);
    if (bias_size(spec, queries) > 0) {
      arrays.bias = room_for(bias_shape(spec, queries, keys), kept.bias);
    }
    if (options.with_attention) arrays.attention = room_for({h, queries, keys}, kept.attention);
  }
}

}  // namespace headscope
