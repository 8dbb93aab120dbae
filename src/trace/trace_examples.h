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

inline StackInfo stack(const std::string& name, std::vector<int> layers, std::vector<int> heads,
                       std::vector<int> kv_heads) {
  StackInfo s;
  s.name = name;
  s.layers = std::move(layers);
  s.heads = std::move(heads);
  s.kv_heads = std::move(kv_heads);
  s.head_dim = 4;
  s.scale = 0.5f;
  return s;
}

// Arrays of the sizes that `info` asks for. Log-sum-exps are made up: files do not care.
inline std::vector<StackArrays> random_arrays(const TraceInfo& info, bool optional,
                                              bool each_layer_bias) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto floats = [&](int64_t count) {
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(random);
    return v;
  };
  std::vector<StackArrays> result;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& st = info.stacks[s];
    const int64_t n = info.query_tokens(static_cast<int>(s)).size();
    const int64_t m = info.key_tokens(static_cast<int>(s)).size(), dh = st.head_dim;
    const int64_t span = st.bias == BiasKind::kDistance ? n + m - 1
                         : st.bias == BiasKind::kDense  ? n * m
                                                        : 0;
    StackArrays arrays;
    int64_t all_heads = 0;
    for (size_t l = 0; l < st.layers.size(); ++l) {
      const int64_t h = st.heads[l], hk = st.kv_heads[l];
      all_heads += h;
      LayerArrays a;
      a.query = floats(h * n * dh);
      a.key = floats(hk * m * dh);
      a.logsumexp = floats(h * n);
      if (optional) {
        a.value = floats(hk * m * dh);
        a.value_norm = floats(h * m);
        a.attention = floats(h * n * m);
      }
      arrays.layers.push_back(std::move(a));
    }
    arrays.bias = floats((each_layer_bias ? all_heads : st.heads[0]) * span);
    if (st.mask.kind == MaskKind::kDense) {
      arrays.mask.assign(static_cast<size_t>(n * m), 0.0f);
      arrays.mask[1] = -std::numeric_limits<float>::infinity();
    }
    result.push_back(std::move(arrays));
  }
  return result;
}

inline Trace pair_trace(bool optional = true) {
  TraceInfo info;
  info.model = {"bert-base-uncased", "bert", "00ff"};
  info.query = pair_sequence();
  info.stacks = {stack("self", {0, 5}, {2, 2}, {2, 2})};
  info.settings = R"({"ablate":"L0H1:zero"})";
  return {info, random_arrays(info, optional, false)};
}

inline Trace with_stacks(std::vector<StackInfo> stacks, bool each_layer_bias, bool cross = false) {
  TraceInfo info;
  info.query = plain_sequence(5);
  if (cross) info.key = plain_sequence(4);
  info.stacks = std::move(stacks);
  return {info, random_arrays(info, false, each_layer_bias)};
}

}  // namespace headscope
