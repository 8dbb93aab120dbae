// Traces of tests: small, with random numbers where files do not care.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "headscope/trace.h"

namespace headscope {

inline TokenSequence pair_sequence() {
  TokenSequence t;
  t.tokens = {"[CLS]", "caf\xC3\xA9", "##s", "[SEP]", "ok", "[SEP]"};
  t.ids = {101, 7, 8, 102, 9, 102};
  t.segment_ids = {0, 0, 0, 0, 1, 1};
  t.offsets = {{0, 0}, {0, 5}, {5, 6}, {0, 0}, {0, 2}, {0, 0}};
  t.special = {1, 0, 0, 1, 0, 1};
  t.words = {-1, 0, 0, -1, 1, -1};
  t.sentences = {0, 0, 0, 0, 1, 1};
  t.text_a = "caf\xC3\xA9s";
  t.text_b = "ok";
  return t;
}

inline TokenSequence plain_sequence(int n) {
  TokenSequence t;
  for (int i = 0; i < n; ++i) {
    t.tokens.push_back("t" + std::to_string(i));
    t.ids.push_back(i);
    t.segment_ids.push_back(0);
    t.offsets.push_back({i, i + 1});
    t.special.push_back(0);
    t.words.push_back(i);
    t.sentences.push_back(0);
  }
  t.text_a = std::string(static_cast<size_t>(n), 'x');
  return t;
}

inline StackInfo stack(const std::string& name, const std::vector<int>& layers,
                       const std::vector<int>& heads, const std::vector<int>& kv_heads) {
  StackInfo s;
  s.name = name;
  for (size_t l = 0; l < layers.size(); ++l) {
    LayerInfo layer;
    layer.layer = layers[l];
    layer.heads = heads[l];
    layer.kv_heads = kv_heads[l];
    layer.head_dim = layer.value_dim = 4;
    layer.rule.scale = 0.5f;
    layer.rule.order = BiasOrder::kAfterCap;
    s.layers.push_back(layer);
  }
  return s;
}

// The same change in every layer.
template <class Change>
StackInfo each_layer(StackInfo stack, Change change) {
  for (LayerInfo& layer : stack.layers) change(layer);
  return stack;
}

// Layers that hold maps alone, as of another program's arrays.
inline StackInfo stack_of_maps(const std::vector<int>& layers, int heads) {
  StackInfo s;
  for (const int number : layers) {
    LayerInfo layer;
    layer.layer = number;
    layer.holds = Holds::kWeights;
    layer.heads = layer.kv_heads = heads;
    s.layers.push_back(layer);
  }
  return s;
}

// Random arrays of the shapes that `info` asks for; the log-sum-exp is that of the vectors.
inline std::vector<StackArrays> random_arrays(const TraceInfo& info, bool optional) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto floats = [&](std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t extent : shape) count *= extent;
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(random);
    return Array::from(std::move(v), std::move(shape));
  };
  std::vector<StackArrays> result;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& st = info.stacks[s];
    const int64_t n = info.tokens(static_cast<int>(s), Side::kQuery).size();
    const int64_t m = info.tokens(static_cast<int>(s), Side::kKey).size();
    StackArrays arrays;
    for (const LayerInfo& l : st.layers) {
      LayerArrays a;
      if (l.kind == LayerKind::kAttention && l.holds == Holds::kWeights) {
        a.attention = floats({l.heads, n, m});
      } else if (l.kind == LayerKind::kAttention) {
        a.query = floats({l.heads, n, l.head_dim});
        a.key = floats({l.kv_heads, m, l.head_dim});
        if (optional) {
          a.value = floats({l.kv_heads, m, l.value_dim});
          a.value_norm = floats({l.heads, m});
          a.attention = floats({l.heads, n, m});
        }
        if (l.bias_of) a.bias = arrays[static_cast<size_t>(st.layer_index(*l.bias_of))].bias;
        if (!l.bias_of && l.rule.bias == BiasKind::kDistance) a.bias = floats({l.heads, n + m - 1});
        if (!l.bias_of && l.rule.bias == BiasKind::kDense) a.bias = floats({l.heads, n, m});
        if (!l.bias_of && l.rule.bias == BiasKind::kAlibi) a.bias = floats({l.heads});
        if (l.mask_of) a.mask = arrays[static_cast<size_t>(st.layer_index(*l.mask_of))].mask;
        if (!l.mask_of && l.rule.mask.kind == MaskKind::kDense) {
          std::vector<float> mask(static_cast<size_t>(n * m), 0.0f);
          mask[1] = -std::numeric_limits<float>::infinity();
          a.mask = Array::from(std::move(mask), {n, m});
        }
        const std::vector<float> logits(l.rule.sinks ? static_cast<size_t>(l.heads) : 0, 0.5f);
        LayerSums sums = layer_logsumexp(l, a, logits);
        a.logsumexp = sums.logsumexp;
        a.sink = sums.sink;
      }
      arrays.push_back(std::move(a));
    }
    result.push_back(std::move(arrays));
  }
  return result;
}

inline Trace pair_trace(bool optional = true) {
  TraceInfo info;
  info.model = {"bert-base-uncased", "bert", "00ff", "", ""};
  info.set_sequence("text", pair_sequence());
  info.stacks = {stack("self", {0, 5}, {2, 2}, {2, 2})};
  info.settings.ablations = {{{0, {0, 1}}, AblationKind::kZero, {}}};
  return {info, random_arrays(info, optional)};
}

// On 5 tokens; `cross`: queries are the 5 of "target", keys the 4 of "source".
inline Trace with_stacks(std::vector<StackInfo> stacks, bool cross = false) {
  TraceInfo info;
  if (cross) {
    info.set_sequence("target", plain_sequence(5));
    info.set_sequence("source", plain_sequence(4));
    for (StackInfo& one : stacks) {
      one.query = one.name == "encoder" ? "source" : "target";
      one.key = one.name == "decoder" ? "target" : "source";
    }
  } else {
    info.set_sequence("text", plain_sequence(5));
  }
  info.stacks = std::move(stacks);
  return {info, random_arrays(info, false)};
}

// Encoder, decoder and cross of 5 target and 4 source tokens, 2 layers of 2 heads on 1 key/value
// head: what breaks where somebody takes the first stack or other tokens.
inline Trace several_stacks() {
  StackInfo decoder = each_layer(stack("decoder", {0, 1}, {2, 2}, {1, 1}),
                                 [](LayerInfo& l) { l.rule.mask.kind = MaskKind::kCausal; });
  return with_stacks(
      {stack("encoder", {0, 1}, {2, 2}, {1, 1}), decoder, stack("cross", {0, 1}, {2, 2}, {1, 1})},
      true);
}

}  // namespace headscope
