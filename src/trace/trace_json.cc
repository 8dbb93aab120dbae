// The description of a trace, format 2: everything a layer.
#include "trace/trace_json.h"

#include <set>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/token_text.h"
#include "trace/trace_check.h"
#include "trace/trace_json_fields.h"

namespace headscope {
namespace {

const std::vector<std::string> kOrigins = {"native", "captured", "arrays"};
const std::vector<std::string> kSequences = {"text", "source", "target"};

Json number_or_null(const std::optional<double>& number) {
  return number ? json_number(*number) : Json();
}

Json computed_json(const ComputedInfo& computed) {
  const bool measured = computed.attention_max || computed.gemm_rel_l2;
  return {{"precision", computed.precision},
          {"path", text_or_null(computed.path)},
          {"error", measured ? Json{{"attention_max", number_or_null(computed.attention_max)},
                                    {"gemm_rel_l2", number_or_null(computed.gemm_rel_l2)}}
                             : Json()}};
}

Json layer_json(const LayerInfo& layer) {
  if (layer.kind == LayerKind::kNone) return {{"layer", layer.layer}, {"kind", "none"}};
  const ScoreRule& rule = layer.rule;
  Json mask = mask_to_json(rule.mask), rope;
  mask["of"] = layer.mask_of ? Json(*layer.mask_of) : Json();
  if (layer.rope) {
    rope = rope_to_json(*layer.rope);
    rope["factor"] = json_number(layer.rope->factor);
  }
  return {{"layer", layer.layer},
          {"kind", "attention"},
          {"holds", layer.holds == Holds::kVectors ? "vectors" : "weights"},
          {"heads", layer.heads},
          {"kv_heads", layer.kv_heads},
          {"head_dim", layer.head_dim},
          {"value_dim", layer.value_dim},
          {"scale", json_number(rule.scale)},
          {"softcap", softcap_to_json(rule.softcap)},
          {"rule", static_cast<int>(rule.order)},
          {"mask", std::move(mask)},
          {"bias",
           {{"kind", name_of(rule.bias)}, {"of", layer.bias_of ? Json(*layer.bias_of) : Json()}}},
          {"rope", std::move(rope)},
          {"sinks", rule.sinks}};
}

Json settings_json(const RunSettings& settings, std::span<const StackInfo> stacks) {
  Json ablations = Json::array();
  for (const Ablation& one : settings.ablations) {
    ablations.push_back({{"stack", stacks[static_cast<size_t>(one.head.stack)].name},
                         {"layer", one.head.id.layer},
                         {"head", one.head.id.head},
                         {"mode", name_of(one.kind)}});
  }
  Json json = {{"ablations", std::move(ablations)},
               {"masked", settings.masked},
               {"truncation", Json()},
               {"segment_ids", settings.zero_segment_ids ? "zero" : "true"}};
  if (!settings.masked_ids.empty()) json["masked_ids"] = settings.masked_ids;
  if (settings.truncated()) {
    json["truncation"] = {
        {"strategy", name_of(settings.truncation)},
        {"max_tokens", settings.max_tokens ? Json(*settings.max_tokens) : Json()}};
  }
  return json;
}

std::optional<int> layer_number(const Json& json, const std::string& source) {
  if (!find_field(json, "of", source)) return std::nullopt;
  return static_cast<int>(int_field(json, "of", source, 0, std::numeric_limits<int32_t>::max()));
}

LayerInfo read_layer(const Json& json, const std::string& source) {
  constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
  LayerInfo layer;
  layer.layer = static_cast<int>(int_field(json, "layer", source, 0, kMaxInt));
  layer.kind =
      static_cast<LayerKind>(word_field(json, "kind", source, {"attention", "none"}, "attention"));
  if (layer.kind == LayerKind::kNone) return layer;
  layer.holds =
      static_cast<Holds>(word_field(json, "holds", source, {"vectors", "weights"}, "vectors"));
  layer.heads = static_cast<int>(int_field(json, "heads", source, 1, kMaxHeads));
  layer.kv_heads = static_cast<int>(int_field(json, "kv_heads", source, 1, kMaxHeads, layer.heads));
  // A layer that holds weights only need not know what it was computed from.
  const bool vectors = layer.holds == Holds::kVectors;
  const std::optional<int64_t> no_width = vectors ? std::nullopt : std::optional<int64_t>(0);
  layer.head_dim = int_field(json, "head_dim", source, vectors, kMaxWidth, no_width);
  layer.value_dim = int_field(json, "value_dim", source, vectors, kMaxWidth, layer.head_dim);
  const std::optional<double> no_scale = vectors ? std::nullopt : std::optional<double>(1.0);
  layer.rule.scale = static_cast<float>(number_field(json, "scale", source, no_scale));
  layer.rule.softcap = softcap_from_json(json, source);
  layer.rule.order = static_cast<BiasOrder>(int_field(json, "rule", source, 1, 2, 2));
  if (const Json* mask = find_field(json, "mask", source)) {
    layer.rule.mask = mask_from_json(*mask, source + ".mask");
    layer.mask_of = layer_number(*mask, source + ".mask");
  }
  if (const Json* bias = find_field(json, "bias", source)) {
    layer.rule.bias = static_cast<BiasKind>(word_field(
        *bias, "kind", source + ".bias", {"none", "distance", "dense", "alibi"}, "none"));
    layer.bias_of = layer_number(*bias, source + ".bias");
  }
  if (const Json* rope = find_field(json, "rope", source)) {
    layer.rope = rope_from_json(*rope, source + ".rope");
    layer.rope->factor = number_field(*rope, "factor", source + ".rope", 1.0);
  }
  layer.rule.sinks = bool_field(json, "sinks", source, false);
  return layer;
}

StackInfo read_stack(const Json& json, const std::string& source) {
  StackInfo stack;
  stack.name = string_field(json, "name", source);
  for (auto [side, name] : {std::pair{"query", &stack.query}, std::pair{"key", &stack.key}}) {
    *name = kSequences[static_cast<size_t>(word_field(json, side, source, kSequences, "text"))];
  }
  const Json& layers = array_field(json, "layers", source);
  if (layers.size() > static_cast<size_t>(kMaxLayers)) {
    refuse_field(source, std::to_string(layers.size()) + " layers",
                 "at most " + std::to_string(kMaxLayers));
  }
  for (size_t l = 0; l < layers.size(); ++l) {
    stack.layers.push_back(read_layer(layers[l], source + ".layers[" + std::to_string(l) + "]"));
  }
  return stack;
}

ComputedInfo read_computed(const Json& json, const std::string& source) {
  ComputedInfo computed;
  computed.precision = string_field(json, "precision", source, "f32");
  computed.path = string_field(json, "path", source, "");
  if (const Json* error = find_field(json, "error", source)) {
    const std::string where = source + ".error";
    if (find_field(*error, "attention_max", where)) {
      computed.attention_max = number_field(*error, "attention_max", where);
    }
    if (find_field(*error, "gemm_rel_l2", where)) {
      computed.gemm_rel_l2 = number_field(*error, "gemm_rel_l2", where);
    }
  }
  return computed;
}

Ablation read_ablation(const Json& json, const TraceInfo& info, const std::string& source) {
  constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
  const std::string stack = string_field(json, "stack", source, "");
  Ablation one;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    if (info.stacks[s].name == stack) one.head.stack = static_cast<int>(s);
  }
  if (!stack.empty() && info.stacks[static_cast<size_t>(one.head.stack)].name != stack) {
    refuse_field(source, "stack is \"" + stack + "\"", "one of the trace's stacks");
  }
  one.head.id.layer = static_cast<int>(int_field(json, "layer", source, 0, kMaxInt));
  one.head.id.head = static_cast<int>(int_field(json, "head", source, 0, kMaxInt));
  one.kind = static_cast<AblationKind>(
      word_field(json, "mode", source, {"zero", "mean", "uniform"}, "zero"));
  return one;
}

RunSettings read_settings(const Json& json, const TraceInfo& info, const std::string& source) {
  RunSettings settings;
  if (find_field(json, "ablations", source)) {
    const Json& list = array_field(json, "ablations", source);
    for (size_t k = 0; k < list.size(); ++k) {
      settings.ablations.push_back(
          read_ablation(list[k], info, source + ".ablations[" + std::to_string(k) + "]"));
    }
  }
  if (find_field(json, "masked", source)) settings.masked = small_ints(json, "masked", source);
  if (find_field(json, "masked_ids", source)) {
    settings.masked_ids = small_ints(json, "masked_ids", source);
  }
  if (const Json* cut = find_field(json, "truncation", source)) {
    const std::string where = source + ".truncation";
    settings.truncation = static_cast<Truncation>(word_field(
        *cut, "strategy", where, {"none", "longest-first", "only-first", "only-second"}, "none"));
    if (find_field(*cut, "max_tokens", where)) {
      settings.max_tokens = int_field(*cut, "max_tokens", where, 0, kMaxTokens);
    }
  }
  settings.zero_segment_ids =
      word_field(json, "segment_ids", source, {"true", "zero"}, "true") == 1;
  return settings;
}

}  // namespace

std::string to_json(const RunSettings& settings, std::span<const StackInfo> stacks) {
  return dump_json(settings_json(settings, stacks));
}

Json trace_info_to_json(const TraceInfo& info) {
  Json stacks = Json::array(), sequences = Json::object();
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& stack = info.stacks[s];
    Json layers = Json::array();
    for (const LayerInfo& layer : stack.layers) layers.push_back(layer_json(layer));
    stacks.push_back({{"name", stack.name},
                      {"query", stack.query},
                      {"key", stack.key},
                      {"layers", std::move(layers)}});
    for (const Side side : {Side::kQuery, Side::kKey}) {
      const std::string& name = side == Side::kQuery ? stack.query : stack.key;
      if (!sequences.contains(name)) {
        sequences[name] = sequence_to_json(info.tokens(static_cast<int>(s), side));
      }
    }
  }
  return {{"model",
           {{"name", info.model.name},
            {"family", info.model.family},
            {"fingerprint", text_or_null(info.model.fingerprint)},
            {"file_kind", text_or_null(info.model.file_kind)},
            {"quantisation", text_or_null(info.model.quantisation)},
            {"byte_tokens", info.model.byte_tokens}}},
          {"origin",
           {{"kind", kOrigins[static_cast<size_t>(info.origin.kind)]},
            {"implementation", text_or_null(info.origin.implementation)},
            {"dtype", text_or_null(info.origin.dtype)}}},
          {"computed", info.computed ? computed_json(*info.computed) : Json()},
          {"sequences", std::move(sequences)},
          {"stacks", std::move(stacks)},
          {"settings", settings_json(info.settings, info.stacks)}};
}

TraceInfo trace_info_from_json(const Json& json, const std::string& source) {
  TraceInfo info;
  const Json& model = object_field(json, "model", source);
  const std::string of_model = source + ": model";
  info.model.name = string_field(model, "name", of_model, "");
  info.model.family = string_field(model, "family", of_model, "");
  info.model.fingerprint = string_field(model, "fingerprint", of_model, "");
  info.model.file_kind = string_field(model, "file_kind", of_model, "");
  info.model.quantisation = string_field(model, "quantisation", of_model, "");
  if (const Json* origin = find_field(json, "origin", source)) {
    const std::string where = source + ": origin";
    info.origin.kind =
        static_cast<OriginKind>(word_field(*origin, "kind", where, kOrigins, "native"));
    info.origin.implementation = string_field(*origin, "implementation", where, "");
    info.origin.dtype = string_field(*origin, "dtype", where, "");
  }
  info.computed.reset();
  if (const Json* computed = find_field(json, "computed", source)) {
    info.computed = read_computed(*computed, source + ": computed");
  }
  const Json& stacks = array_field(json, "stacks", source);
  std::set<std::string> named;
  for (size_t s = 0; s < stacks.size(); ++s) {
    info.stacks.push_back(read_stack(stacks[s], source + ": stacks[" + std::to_string(s) + "]"));
    named.insert({info.stacks.back().query, info.stacks.back().key});
  }
  if (info.stacks.empty()) refuse_field(source, "no stack of layers", "at least one");
  const Json& sequences = object_field(json, "sequences", source);
  for (const std::string& name : named) {
    info.set_sequence(name,
                      sequence_from_json(object_field(sequences, name, source + ": sequences"),
                                         source + ": sequences." + name));
  }
  if (const Json* settings = find_field(json, "settings", source)) {
    info.settings = read_settings(*settings, info, source + ": settings");
  }
  check_trace_info(info, source);
  info.model.byte_tokens = bool_field(model, "byte_tokens", of_model, has_byte_tokens(info));
  return info;
}

std::string trace_info_json(const TraceInfo& info) { return dump_json(trace_info_to_json(info)); }

}  // namespace headscope
