// The description of a trace, format 1: one rule a stack, the sequences `query` and `key`.
#include <algorithm>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/token_text.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"
#include "trace/trace_json_fields.h"

namespace headscope {
namespace {

// Keys that format 1 knows at the top; `model` and `settings` say more in format 2.
constexpr const char* kKnown[] = {"precision", "precision_error", "scale", "softcap",
                                  "stacks",    "query",           "key"};

// "encoder" has the tokens of `key` on both sides, "decoder" those of `query`; other stacks have
// the rows of `query` and the columns of `key`. Without `key` all are the same.
void name_sequences(StackInfo& stack, bool two) {
  if (!two) return;
  stack.query = stack.name == "encoder" ? "source" : "target";
  stack.key = stack.name == "decoder" ? "target" : "source";
}

StackInfo read_stack(const Json& json, float scale, std::optional<float> softcap, bool two,
                     const std::string& source) {
  StackInfo stack;
  stack.name = string_field(json, "name", source);
  name_sequences(stack, two);
  const std::vector<int32_t> layers = small_ints(json, "layers", source);
  const std::vector<int32_t> heads = small_ints(json, "heads", source);
  const std::vector<int32_t> kv_heads = small_ints(json, "kv_heads", source);
  if (heads.size() != layers.size() || kv_heads.size() != layers.size() || layers.empty() ||
      layers.size() > static_cast<size_t>(kMaxLayers)) {
    refuse_field(source,
                 std::to_string(layers.size()) + " layers, " + std::to_string(heads.size()) +
                     " heads and " + std::to_string(kv_heads.size()) + " kv_heads",
                 "1 to " + std::to_string(kMaxLayers) +
                     " layers, and one entry of heads and kv_heads a layer");
  }
  LayerInfo layer;
  layer.head_dim = layer.value_dim = int_field(json, "head_dim", source, 1, kMaxWidth);
  layer.rule.scale =
      static_cast<float>(number_field(json, "scale", source, static_cast<double>(scale)));
  layer.rule.softcap = json.contains("softcap") ? softcap_from_json(json, source) : softcap;
  layer.rule.order = BiasOrder::kAfterCap;
  if (const Json* mask = find_field(json, "mask", source)) {
    layer.rule.mask = mask_from_json(*mask, source + ".mask");
  }
  layer.rule.bias = static_cast<BiasKind>(
      word_field(json, "bias", source, {"none", "distance", "dense"}, "none"));
  if (const Json* rope = find_field(json, "rope", source)) {
    layer.rope = rope_from_json(*rope, source + ".rope");
  }
  for (size_t l = 0; l < layers.size(); ++l) {
    layer.layer = layers[l];
    layer.heads = heads[l];
    layer.kv_heads = kv_heads[l];
    stack.layers.push_back(layer);
    // One dense mask serves the whole stack.
    if (layer.rule.mask.kind == MaskKind::kDense) layer.mask_of = stack.layers.front().layer;
  }
  return stack;
}

// "L8H9:zero", as format 1 has it; the stack is the first.
Ablation read_ablation(const Json& json, const std::string& source) {
  const std::string text = json.is_string() ? json.get<std::string>() : "";
  const size_t colon = text.find(':');
  const auto kind =
      parse_ablation_kind(colon == std::string::npos ? "zero" : text.substr(colon + 1));
  const std::string got = "settings.ablations holds " + json.dump();
  const char* const expected = "texts like \"L8H9:zero\"";
  if (!kind) refuse_field(source, got, expected);
  try {
    return {{0, parse_head_id(text.substr(0, colon))}, *kind, {}};
  } catch (const Error&) {
    refuse_field(source, got, expected);
  }
}

RunSettings read_settings(const Json& json, const std::string& source) {
  RunSettings settings;
  if (find_field(json, "ablations", source)) {
    for (const Json& one : array_field(json, "ablations", source)) {
      settings.ablations.push_back(read_ablation(one, source));
    }
  }
  settings.zero_segment_ids =
      word_field(json, "segment_ids", source, {"true", "zero"}, "true") == 1;
  return settings;
}

[[noreturn]] void cannot_say(const std::string& what) {
  throw Error(ErrorCode::kUsage, "format 1 cannot say " + what, "format 2", "Leave out --format 1");
}

// The layers of a stack but for their numbers and heads.
LayerInfo common_of(const StackInfo& stack) {
  LayerInfo common = stack.layers.front();
  for (LayerInfo layer : stack.layers) {
    if (layer.kind == LayerKind::kNone) cannot_say("that a layer has no attention");
    if (layer.holds == Holds::kWeights) cannot_say("that a layer holds weights only");
    if (layer.rule.sinks) cannot_say("that a layer has sinks");
    if (layer.rule.bias == BiasKind::kAlibi) cannot_say("that a bias is ALiBi's");
    if (layer.rope && layer.rope->factor != 1.0) cannot_say("a factor of the rotary embedding");
    if (layer.value_dim != layer.head_dim) cannot_say("a width of values of their own");
    if (layer.rule.bias != BiasKind::kNone && layer.rule.softcap &&
        layer.rule.order == BiasOrder::kBeforeCap) {
      cannot_say("that the bias comes before the soft cap");
    }
    layer.layer = common.layer;
    layer.heads = common.heads;
    layer.kv_heads = common.kv_heads;
    layer.mask_of = common.mask_of;
    layer.bias_of = common.bias_of;
    layer.rule.order = common.rule.order;
    if (!(layer == common)) cannot_say("that layers of a stack differ in their rule or widths");
  }
  return common;
}

Json stack_json(const StackInfo& stack, const ScoreRule& first) {
  const LayerInfo common = common_of(stack);
  Json layers = Json::array(), heads = Json::array(), kv_heads = Json::array();
  for (const LayerInfo& layer : stack.layers) {
    layers.push_back(layer.layer);
    heads.push_back(layer.heads);
    kv_heads.push_back(layer.kv_heads);
  }
  Json json = {{"name", stack.name},
               {"layers", std::move(layers)},
               {"heads", std::move(heads)},
               {"kv_heads", std::move(kv_heads)},
               {"head_dim", common.head_dim},
               {"mask", mask_to_json(common.rule.mask)},
               {"bias", name_of(common.rule.bias)},
               {"rope", common.rope ? rope_to_json(*common.rope) : Json()}};
  // scale and softcap are the first stack's unless a stack says otherwise.
  if (common.rule.scale != first.scale) json["scale"] = json_number(common.rule.scale);
  if (common.rule.softcap != first.softcap) json["softcap"] = softcap_to_json(common.rule.softcap);
  return json;
}

Json settings_json(const RunSettings& settings, const std::vector<StackInfo>& stacks) {
  if (!settings.masked.empty()) cannot_say("that words were masked");
  if (settings.truncated()) cannot_say("that texts were shortened");
  Json json = Json::object();
  if (settings.zero_segment_ids) json["segment_ids"] = "zero";
  Json ablations = Json::array();
  for (const Ablation& one : settings.ablations) {
    if (stacks.size() > 1) cannot_say("in which stack a head was switched off");
    ablations.push_back(to_string(one.head.id) + ":" + std::string(name_of(one.kind)));
  }
  if (!ablations.empty()) json["ablations"] = std::move(ablations);
  return json;
}

Json sequence_json_1(const TokenSequence& tokens) {
  if (!tokens.kinds.empty()) cannot_say("that tokens are patches of an image");
  Json json = sequence_to_json(tokens);
  json.erase("kinds");
  return json;
}

}  // namespace

Json trace_info_to_json_1(const TraceInfo& info) {
  const bool two = info.has_sequence("source") && info.has_sequence("target");
  Json stacks = Json::array(), query, key;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& stack = info.stacks[s];
    StackInfo named = stack;
    named.query = named.key = "text";
    name_sequences(named, two);
    if (named.query != stack.query || named.key != stack.key) {
      cannot_say("which tokens the stack " + stack.name + " has");
    }
    stacks.push_back(stack_json(stack, info.stacks.front().layers.front().rule));
    for (const Side side : {Side::kQuery, Side::kKey}) {
      const std::string& name = side == Side::kQuery ? stack.query : stack.key;
      Json& at = name == "source" ? key : query;
      if (at.is_null()) at = sequence_json_1(info.tokens(static_cast<int>(s), side));
    }
  }
  if (query.is_null()) cannot_say("a trace of an encoder without a decoder's text");
  if (!info.computed) cannot_say("that the trace was not computed here");
  return {{"model",
           {{"name", info.model.name},
            {"family", info.model.family},
            {"fingerprint", info.model.fingerprint}}},
          {"precision", info.computed->precision},
          {"precision_error",
           info.computed->attention_max ? json_number(*info.computed->attention_max) : Json()},
          {"scale", json_number(info.stacks.front().layers.front().rule.scale)},
          {"softcap", softcap_to_json(info.stacks.front().layers.front().rule.softcap)},
          {"stacks", std::move(stacks)},
          {"query", std::move(query)},
          {"key", std::move(key)},
          {"settings", settings_json(info.settings, info.stacks)}};
}

TraceInfo trace_info_from_json_1(const Json& json, const std::string& source) {
  TraceInfo info;
  const Json& model = object_field(json, "model", source);
  info.model.name = string_field(model, "name", source + ": model", "");
  info.model.family = string_field(model, "family", source + ": model", "");
  info.model.fingerprint = string_field(model, "fingerprint", source + ": model", "");
  info.computed->precision = string_field(json, "precision", source, "f32");
  if (find_field(json, "precision_error", source)) {
    info.computed->attention_max = number_field(json, "precision_error", source);
  }
  const bool two = find_field(json, "key", source) != nullptr;
  const auto scale = static_cast<float>(number_field(json, "scale", source));
  const std::optional<float> softcap = softcap_from_json(json, source);
  const Json& stacks = array_field(json, "stacks", source);
  for (size_t s = 0; s < stacks.size(); ++s) {
    info.stacks.push_back(
        read_stack(stacks[s], scale, softcap, two, source + ": stacks[" + std::to_string(s) + "]"));
  }
  info.set_sequence(two ? "target" : "text",
                    sequence_from_json(object_field(json, "query", source), source + ": query"));
  if (two) {
    info.set_sequence("source",
                      sequence_from_json(object_field(json, "key", source), source + ": key"));
  }
  if (find_field(json, "settings", source)) {
    info.settings = read_settings(object_field(json, "settings", source), source);
  }
  check_trace_info(info, source);
  info.model.byte_tokens = has_byte_tokens(info);
  return info;
}

Json unknown_of_format_1(Json json) {
  for (const char* key : kKnown) json.erase(key);
  const auto settings = json.find("settings");
  if (settings != json.end()) {
    for (const char* key : {"ablations", "segment_ids"}) settings->erase(key);
  }
  return json;
}

}  // namespace headscope
