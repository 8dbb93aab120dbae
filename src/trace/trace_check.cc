#include "trace/trace_check.h"

#include <cmath>

#include "headscope/error.h"

namespace headscope {
namespace {

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected);
}

void check_length(size_t got, const TokenSequence& tokens, const std::string& field,
                  const std::string& source) {
  if (static_cast<int64_t>(got) == tokens.size()) return;
  refuse(source, field + " has " + std::to_string(got) + " entries",
         std::to_string(tokens.size()) + ", one a token");
}

void check_sequence(const TokenSequence& t, const std::string& name, const std::string& source) {
  if (t.size() < 1 || t.size() > kMaxTokens) {
    refuse(source, name + " has " + std::to_string(t.size()) + " tokens",
           "1 to " + std::to_string(kMaxTokens));
  }
  check_length(t.ids.size(), t, name + ".ids", source);
  check_length(t.segment_ids.size(), t, name + ".segment_ids", source);
  check_length(t.offsets.size(), t, name + ".offsets", source);
  check_length(t.special.size(), t, name + ".special", source);
  check_length(t.words.size(), t, name + ".words", source);
  check_length(t.sentences.size(), t, name + ".sentences", source);
}

void check_mask(const MaskInfo& mask, const std::string& name, const std::string& source) {
  if (mask.left < -1 || mask.right < -1 || mask.key_length < -1) {
    refuse(source, name + ".mask has a negative length", "0 or more, or -1 for none");
  }
}

void check_stack(const TraceInfo& info, int index, const std::string& source) {
  const StackInfo& stack = info.stacks[index];
  const std::string& name = stack.name;
  if (name != "self" && name != "encoder" && name != "decoder" && name != "cross") {
    refuse(source, "stack '" + name + "'", "self, encoder, decoder or cross");
  }
  for (int other = 0; other < index; ++other) {
    if (info.stacks[other].name == name) refuse(source, "two stacks '" + name + "'", "one of them");
  }
  const size_t layers = stack.layers.size();
  if (stack.heads.size() != layers || stack.kv_heads.size() != layers || layers == 0 ||
      layers > kMaxLayers) {
    refuse(source,
           name + " has " + std::to_string(layers) + " layers, " +
               std::to_string(stack.heads.size()) + " heads and " +
               std::to_string(stack.kv_heads.size()) + " kv_heads",
           "1 to " + std::to_string(kMaxLayers) +
               " layers, and one entry of heads and kv_heads a layer");
  }
  for (size_t l = 0; l < layers; ++l) {
    if (stack.layers[l] < 0 || (l > 0 && stack.layers[l] <= stack.layers[l - 1])) {
      refuse(source,
             name + ".layers[" + std::to_string(l) + "] is " + std::to_string(stack.layers[l]),
             "ascending layer numbers from 0");
    }
    const int heads = stack.heads[l], kv = stack.kv_heads[l];
    if (heads < 1 || heads > kMaxHeads || kv < 1 || heads % kv != 0) {
      refuse(source,
             name + ": " + std::to_string(heads) + " heads on " + std::to_string(kv) +
                 " key/value heads in layer " + std::to_string(stack.layers[l]),
             "a multiple, at most " + std::to_string(kMaxHeads));
    }
  }
  if (stack.head_dim < 1 || stack.head_dim > kMaxWidth) {
    refuse(source, name + ".head_dim is " + std::to_string(stack.head_dim),
           "1 to " + std::to_string(kMaxWidth));
  }
  if (!std::isfinite(stack.scale)) refuse(source, name + ".scale is not finite", "a number");
  if (stack.softcap && !(std::isfinite(*stack.softcap) && *stack.softcap > 0)) {
    refuse(source, name + ".softcap is not above 0", "a number above 0, or null");
  }
  check_mask(stack.mask, name, source);
}

void check_size(size_t got, int64_t expected, bool optional, const std::string& field,
                const std::string& source) {
  if ((optional && got == 0) || static_cast<int64_t>(got) == expected) return;
  refuse(source, field + " has " + std::to_string(got) + " values",
         std::to_string(expected) + " by heads, tokens and head width");
}

void check_layer(const TraceInfo& info, int s, size_t l, const LayerArrays& layer,
                 const std::string& source) {
  const StackInfo& stack = info.stacks[s];
  const int64_t h = stack.heads[l], hk = stack.kv_heads[l], dh = stack.head_dim;
  const int64_t n = info.query_tokens(s).size(), m = info.key_tokens(s).size();
  const std::string at = " of " + stack.name + " layer " + std::to_string(stack.layers[l]);
  check_size(layer.query.size(), h * n * dh, false, "query" + at, source);
  check_size(layer.key.size(), hk * m * dh, false, "key" + at, source);
  check_size(layer.value.size(), hk * m * dh, true, "value" + at, source);
  check_size(layer.logsumexp.size(), h * n, false, "logsumexp" + at, source);
  check_size(layer.value_norm.size(), h * m, true, "value_norm" + at, source);
  check_size(layer.attention.size(), h * n * m, true, "attention" + at, source);
}

void check_bias(const TraceInfo& info, int s, const StackArrays& arrays,
                const std::string& source) {
  const StackInfo& stack = info.stacks[s];
  const int64_t span = bias_span(info, s);
  int64_t heads = 0;
  bool equal = true;
  for (const int h : stack.heads) {
    heads += h;
    equal &= h == stack.heads.front();
  }
  const auto got = static_cast<int64_t>(arrays.bias.size());
  const bool shared = equal && got == stack.heads.front() * span;
  if (got != heads * span && !shared) {
    refuse(source, stack.name + ".bias has " + std::to_string(got) + " values",
           std::to_string(heads * span) + " for " + std::to_string(heads) + " heads, " +
               std::to_string(span) + " each, or those of one layer for all");
  }
}

}  // namespace

int64_t bias_span(const TraceInfo& info, int stack) {
  const int64_t n = info.query_tokens(stack).size(), m = info.key_tokens(stack).size();
  switch (info.stacks[stack].bias) {
    case BiasKind::kNone:
      return 0;
    case BiasKind::kDistance:
      return n + m - 1;
    case BiasKind::kDense:
      return n * m;
    case BiasKind::kAlibi:
      return 1;
  }
  return 0;
}

void check_trace_info(const TraceInfo& info, const std::string& source) {
  check_sequence(info.query, "query", source);
  if (info.key) check_sequence(*info.key, "key", source);
  if (info.stacks.empty()) refuse(source, "no stack of layers", "at least one");
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    check_stack(info, static_cast<int>(s), source);
  }
}

void check_trace_arrays(const TraceInfo& info, const std::vector<StackArrays>& arrays,
                        const std::string& source) {
  if (arrays.size() != info.stacks.size()) {
    refuse(source, "arrays of " + std::to_string(arrays.size()) + " stacks",
           std::to_string(info.stacks.size()));
  }
  for (size_t s = 0; s < arrays.size(); ++s) {
    const StackInfo& stack = info.stacks[s];
    const auto index = static_cast<int>(s);
    if (arrays[s].layers.size() != stack.layers.size()) {
      refuse(source,
             stack.name + " has arrays of " + std::to_string(arrays[s].layers.size()) + " layers",
             std::to_string(stack.layers.size()));
    }
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      check_layer(info, index, l, arrays[s].layers[l], source);
    }
    check_bias(info, index, arrays[s], source);
    const bool dense = stack.mask.kind == MaskKind::kDense;
    const int64_t map = info.query_tokens(index).size() * info.key_tokens(index).size();
    check_size(arrays[s].mask.size(), dense ? map : 0, false, stack.name + ".mask", source);
  }
}

void check_values(const std::vector<float>& values, Finite rule, const std::string& field,
                  const std::string& source) {
  for (size_t i = 0; i < values.size(); ++i) {
    const float x = values[i];
    if (std::isfinite(x)) continue;
    if (rule == Finite::kOrHidden && x < 0) continue;
    if (rule == Finite::kOrUndefined && std::isnan(x)) continue;
    refuse(source,
           field + " holds " +
               (std::isnan(x) ? "NaN"
                : x > 0       ? "infinity"
                              : "-infinity") +
               " at " + std::to_string(i),
           rule == Finite::kOrHidden ? "numbers, or -infinity where a mask hides" : "numbers");
  }
}

}  // namespace headscope
