#include "model/text_cache.h"

#include "kernels/attention.h"

namespace headscope {

namespace {

// Floats of TextCache::Layer's buffers.
struct Sizes {
  size_t qkv, packed, logsumexp, sink;
  size_t sum() const { return qkv + packed + logsumexp + sink; }
};

Sizes sizes_of(const AttentionSpec& spec, int64_t room) {
  const auto rows = static_cast<size_t>(room);
  const auto heads = rows * static_cast<size_t>(spec.heads);
  return {
      rows * static_cast<size_t>(spec.qkv_width()),
      static_cast<size_t>(spec.kv_heads * packed_head_size(room, spec.head_dim, spec.value_dim)),
      heads, spec.rule.sinks ? heads : 0};
}

}  // namespace

TextCache::TextCache(const ModelSpec& spec, int64_t room, bool hidden) : room_(room) {
  for (const BlockSpec& block : spec.blocks) {
    const Sizes sizes = sizes_of(block.attention, room);
    Layer& layer = layers_.emplace_back();
    layer.qkv.reserve(sizes.qkv);
    layer.packed.reserve(sizes.packed);
    layer.logsumexp.reserve(sizes.logsumexp);
    if (sizes.sink > 0) layer.sink.reserve(sizes.sink);
  }
  if (!hidden) return;
  for (int64_t i = 0; i <= spec.layers(); ++i) {
    hidden_.emplace_back(static_cast<size_t>(room * spec.width));
  }
}

int64_t TextCache::bytes(const ModelSpec& spec, int64_t room, bool hidden) {
  size_t floats = 0;
  for (const BlockSpec& block : spec.blocks) floats += sizes_of(block.attention, room).sum();
  if (hidden) floats += static_cast<size_t>((spec.layers() + 1) * room * spec.width);
  return static_cast<int64_t>(floats * sizeof(float));
}

}  // namespace headscope
