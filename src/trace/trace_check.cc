#include "trace/trace_check.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "format/checked_shape.h"
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
  if (!t.kinds.empty()) check_length(t.kinds.size(), t, name + ".kinds", source);
}

void check_rule(const ScoreRule& rule, const std::string& name, const std::string& source) {
  if (rule.mask.left < -1 || rule.mask.right < -1 || rule.mask.key_length < -1) {
    refuse(source, name + ".mask has a negative length", "0 or more, or -1 for none");
  }
  if (!std::isfinite(rule.scale)) refuse(source, name + ".scale is not finite", "a number");
  if (rule.softcap && !(std::isfinite(*rule.softcap) && *rule.softcap > 0)) {
    refuse(source, name + ".softcap is not above 0", "a number above 0, or null");
  }
}

// The layer that mask_of or bias_of names must have a tensor of its own, of like kind and heads.
void check_shared(const StackInfo& stack, const LayerInfo& layer,
                  std::optional<int> LayerInfo::* of, const char* field, const std::string& name,
                  const std::string& source) {
  if (!(layer.*of)) return;
  const bool bias = of == &LayerInfo::bias_of;
  for (const LayerInfo& other : stack.layers) {
    if (other.layer != *(layer.*of) || other.layer == layer.layer) continue;
    const bool same = bias ? other.rule.bias == layer.rule.bias && other.heads == layer.heads
                           : other.rule.mask.kind == layer.rule.mask.kind;
    if (same && !(other.*of) && other.holds == layer.holds) return;
  }
  refuse(source, name + "." + field + ".of is " + std::to_string(*(layer.*of)),
         "a kept layer that has such a " + std::string(field) + " of its own");
}

void check_layer(const StackInfo& stack, const LayerInfo& layer, const std::string& source) {
  const std::string name = stack.name + " layer " + std::to_string(layer.layer);
  if (layer.kind == LayerKind::kNone) {
    if (layer.heads != 0) refuse(source, name + " has heads and no attention", "one of them");
    return;
  }
  if (layer.heads < 1 || layer.heads > kMaxHeads || layer.kv_heads < 1 ||
      layer.heads % layer.kv_heads != 0) {
    refuse(source,
           name + ": " + std::to_string(layer.heads) + " heads on " +
               std::to_string(layer.kv_heads) + " key/value heads",
           "a multiple, at most " + std::to_string(kMaxHeads));
  }
  const int64_t least = layer.holds == Holds::kVectors ? 1 : 0;  // maps alone have no width
  for (const auto& [field, width] :
       {std::pair{".head_dim is ", layer.head_dim}, std::pair{".value_dim is ", layer.value_dim}}) {
    if (width < least || width > kMaxWidth) {
      refuse(source, name + field + std::to_string(width), "1 to " + std::to_string(kMaxWidth));
    }
  }
  check_rule(layer.rule, name, source);
  check_shared(stack, layer, &LayerInfo::mask_of, "mask", name, source);
  check_shared(stack, layer, &LayerInfo::bias_of, "bias", name, source);
  if (layer.rope && (layer.rope->dims < 1 || layer.rope->dims > layer.head_dim)) {
    refuse(source, name + ".rope.dims is " + std::to_string(layer.rope->dims),
           "1 to head_dim, " + std::to_string(layer.head_dim));
  }
}

void check_stack(const TraceInfo& info, size_t index, const std::string& source) {
  const StackInfo& stack = info.stacks[index];
  const std::string& name = stack.name;
  if (name != "self" && name != "encoder" && name != "decoder" && name != "cross") {
    refuse(source, "stack '" + name + "'", "self, encoder, decoder or cross");
  }
  for (size_t other = 0; other < index; ++other) {
    if (info.stacks[other].name == name) refuse(source, "two stacks '" + name + "'", "one of them");
  }
  for (const std::string& sequence : {stack.query, stack.key}) {
    if (!info.has_sequence(sequence)) {
      refuse(source, name + " names the sequence '" + sequence + "'", "one that is there");
    }
  }
  check_sequence(info.tokens(static_cast<int>(index), Side::kQuery), stack.query, source);
  if (!stack.square()) {
    check_sequence(info.tokens(static_cast<int>(index), Side::kKey), stack.key, source);
  }
  const size_t layers = stack.layers.size();
  if (layers == 0 || layers > kMaxLayers) {
    refuse(source, name + " has " + std::to_string(layers) + " layers",
           "1 to " + std::to_string(kMaxLayers));
  }
  for (size_t l = 0; l < layers; ++l) {
    const int number = stack.layers[l].layer;
    if (number < 0 || (l > 0 && number <= stack.layers[l - 1].layer)) {
      refuse(source, name + ".layers[" + std::to_string(l) + "] is " + std::to_string(number),
             "ascending layer numbers from 0");
    }
    check_layer(stack, stack.layers[l], source);
  }
}

void check_field(const LayerField& field, const LayerInfo& layer, const Array& array,
                 const std::vector<int64_t>& shape, const std::string& name,
                 const std::string& source) {
  const Need need = field.need(layer);
  if (array.empty()) {
    if (need != Need::kRequired) return;
    refuse(source, name + " is missing", shape_text(shape));
  }
  if (need == Need::kAbsent) {
    refuse(source, name + " is there", "none: the layer's description has no use for it");
  }
  if (array.dtype() != DType::kF32 && !(field.vectors && is_half(array.dtype()))) {
    refuse(source, name + " of " + std::string(name_of(array.dtype())),
           field.vectors ? "F32, F16 or BF16" : "F32");
  }
  if (array.shape() != shape) {
    refuse(source, name + " of shape " + shape_text(array.shape()),
           shape_text(shape) + " by heads, tokens and widths");
  }
}

}  // namespace

void check_trace_info(const TraceInfo& info, const std::string& source) {
  if (info.stacks.empty()) refuse(source, "no stack of layers", "at least one");
  for (size_t s = 0; s < info.stacks.size(); ++s) check_stack(info, s, source);
  for (const Ablation& one : info.settings.ablations) {
    if (one.head.stack < 0 || one.head.stack >= static_cast<int>(info.stacks.size())) {
      refuse(source, "settings.ablations name stack " + std::to_string(one.head.stack),
             "one of the stacks");
    }
  }
  const int64_t queries = info.tokens(0, Side::kQuery).size();
  for (const int32_t token : info.settings.masked) {
    if (token < 0 || token >= queries) {
      refuse(source, "settings.masked holds " + std::to_string(token),
             "tokens below " + std::to_string(queries));
    }
  }
  if (!info.settings.masked_ids.empty() &&
      info.settings.masked_ids.size() != info.settings.masked.size()) {
    refuse(source, std::to_string(info.settings.masked_ids.size()) + " masked_ids",
           "one a masked token");
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
    if (arrays[s].size() != stack.layers.size()) {
      refuse(source, stack.name + " has arrays of " + std::to_string(arrays[s].size()) + " layers",
             std::to_string(stack.layers.size()));
    }
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      for (const LayerField& field : layer_fields()) {
        check_field(field, stack.layers[l], arrays[s][l].*field.array,
                    field_shape(field, info, static_cast<int>(s), stack.layers[l]),
                    std::string(field.name) + " of " + stack.name + " layer " +
                        std::to_string(stack.layers[l].layer),
                    source);
      }
    }
  }
}

void check_values(const Array& values, Finite rule, const std::string& field,
                  const std::string& source) {
  constexpr int64_t kStep = 4096;
  float block[kStep];
  for (int64_t begin = 0; begin < values.size(); begin += kStep) {
    const int64_t count = std::min(kStep, values.size() - begin);
    values.read(begin, count, block);
    for (int64_t i = 0; i < count; ++i) {
      const float x = block[i];
      if (std::isfinite(x)) continue;
      if (rule == Finite::kOrHidden && x < 0) continue;
      if (rule == Finite::kOrUndefined && std::isnan(x)) continue;
      refuse(source,
             field + " holds " +
                 (std::isnan(x) ? "NaN"
                  : x > 0       ? "infinity"
                                : "-infinity") +
                 " at " + std::to_string(begin + i),
             rule == Finite::kOrHidden ? "numbers, or -infinity where a mask hides" : "numbers");
    }
  }
}

}  // namespace headscope
