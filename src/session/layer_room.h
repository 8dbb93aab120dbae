// Room for what a trace keeps of one layer: vectors that a pass fills, which become its arrays.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "headscope/runner.h"
#include "headscope/trace.h"
#include "model/forward.h"

namespace headscope {

class LayerRoom {
 public:
  LayerRoom(const AttentionSpec& spec, int64_t queries, int64_t keys, const TraceOptions& options)
      : spec_(spec), queries_(queries), keys_(keys) {
    const int64_t with_values = options.with_values ? 1 : 0;
    for (auto& [array, count] :
         {std::pair(&query_, queries * spec.query_width()),
          std::pair(&key_, keys * spec.key_width()),
          std::pair(&value_, with_values * keys * spec.value_width()),
          std::pair(&logsumexp_, queries * spec.heads),
          std::pair(&value_norm_, with_values * keys * spec.heads),
          std::pair(&sink_, spec.rule.sinks ? queries * spec.heads : 0),
          std::pair(&bias_, bias_size(spec, queries)),
          std::pair(&attention_, options.with_attention ? queries * keys * spec.heads : 0)}) {
      array->resize(static_cast<size_t>(count));
    }
  }

  // Where the pass writes.
  KeptLayer view() {
    const auto place = [](std::vector<float>& array) {
      return array.empty() ? nullptr : array.data();
    };
    return {place(query_),      place(key_),  place(value_),     place(logsumexp_),
            place(value_norm_), place(sink_), place(attention_), place(bias_)};
  }

  LayerArrays finish() && {
    const int64_t h = spec_.heads, kv = spec_.kv_heads, n = queries_, m = keys_;
    LayerArrays arrays;
    arrays.query = Array::from(std::move(query_), {h, n, spec_.head_dim});
    arrays.key = Array::from(std::move(key_), {kv, m, spec_.head_dim});
    arrays.logsumexp = Array::from(std::move(logsumexp_), {h, n});
    if (!value_.empty()) {
      arrays.value = Array::from(std::move(value_), {kv, m, spec_.value_dim});
      arrays.value_norm = Array::from(std::move(value_norm_), {h, m});
    }
    if (!sink_.empty()) arrays.sink = Array::from(std::move(sink_), {h, n});
    if (!bias_.empty()) arrays.bias = Array::from(std::move(bias_), bias_shape());
    if (!attention_.empty()) arrays.attention = Array::from(std::move(attention_), {h, n, m});
    return arrays;
  }

 private:
  std::vector<int64_t> bias_shape() const {
    switch (spec_.rule.bias) {
      case BiasKind::kDistance:
        return {spec_.heads, 2 * queries_ - 1};
      case BiasKind::kDense:
        return {spec_.heads, queries_, keys_};
      default:
        return {spec_.heads};
    }
  }

  const AttentionSpec& spec_;
  int64_t queries_, keys_;
  std::vector<float> query_, key_, value_, logsumexp_, value_norm_, sink_, bias_, attention_;
};

}  // namespace headscope
