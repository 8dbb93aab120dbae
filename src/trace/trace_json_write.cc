#include "trace/trace_json.h"

namespace headscope {
namespace {

std::string_view name_of(MaskKind kind) {
  switch (kind) {
    case MaskKind::kNone:
      return "none";
    case MaskKind::kCausal:
      return "causal";
    case MaskKind::kWindow:
      return "window";
    case MaskKind::kDense:
      return "dense";
  }
  return "none";
}

std::string_view name_of(BiasKind kind) {
  switch (kind) {
    case BiasKind::kNone:
      return "none";
    case BiasKind::kDistance:
      return "distance";
    case BiasKind::kDense:
      return "dense";
    case BiasKind::kAlibi:
      return "alibi";
  }
  return "none";
}

Json or_null(bool present, Json value) { return present ? std::move(value) : Json(); }

Json softcap_json(const StackInfo& stack) {
  return stack.softcap ? json_number(*stack.softcap) : Json();
}

Json rope_json(const RopeInfo& rope) {
  return {{"theta", json_number(rope.theta)},
          {"dims", rope.dims},
          {"interleaved", rope.interleaved},
          {"inverse_frequencies",
           or_null(!rope.inverse_frequencies.empty(), json_numbers(rope.inverse_frequencies))}};
}

// scale and softcap are the first stack's unless a stack says otherwise.
Json stack_json(const StackInfo& stack, const StackInfo& first) {
  const MaskInfo& mask = stack.mask;
  Json json = {{"name", stack.name},
               {"layers", stack.layers},
               {"heads", stack.heads},
               {"kv_heads", stack.kv_heads},
               {"head_dim", stack.head_dim},
               {"mask",
                {{"kind", name_of(mask.kind)},
                 {"left", or_null(mask.left >= 0, mask.left)},
                 {"right", or_null(mask.right >= 0, mask.right)},
                 {"key_length", or_null(mask.key_length >= 0, mask.key_length)}}},
               {"bias", name_of(stack.bias)},
               {"rope", stack.rope ? rope_json(*stack.rope) : Json()}};
  if (stack.scale != first.scale) json["scale"] = json_number(stack.scale);
  if (stack.softcap != first.softcap) json["softcap"] = softcap_json(stack);
  return json;
}

Json sequence_json(const TokenSequence& t) {
  Json offsets = Json::array(), words = Json::array();
  for (size_t i = 0; i < t.tokens.size(); ++i) {
    offsets.push_back(t.special[i] ? Json() : Json::array({t.offsets[i].begin, t.offsets[i].end}));
    words.push_back(or_null(t.words[i] >= 0, t.words[i]));
  }
  return {{"tokens", t.tokens},
          {"ids", t.ids},
          {"segment_ids", t.segment_ids},
          {"offsets", std::move(offsets)},
          {"special", t.special},
          {"words", std::move(words)},
          {"text_a", t.text_a},
          {"text_b", t.text_b ? Json(*t.text_b) : Json()},
          {"generated_from", t.generated_from ? Json(*t.generated_from) : Json()}};
}

}  // namespace

Json trace_info_to_json(const TraceInfo& info) {
  const StackInfo& first = info.stacks.front();
  Json stacks = Json::array();
  for (const StackInfo& stack : info.stacks) stacks.push_back(stack_json(stack, first));
  return {{"model",
           {{"name", info.model.name},
            {"family", info.model.family},
            {"fingerprint", info.model.fingerprint}}},
          {"precision", info.precision},
          {"precision_error", info.precision_error ? json_number(*info.precision_error) : Json()},
          {"scale", json_number(first.scale)},
          {"softcap", softcap_json(first)},
          {"stacks", std::move(stacks)},
          {"query", sequence_json(info.query)},
          {"key", info.key ? sequence_json(*info.key) : Json()},
          {"settings", parse_json(info.settings, "settings")}};
}

Json overlay(Json base, const Json& known) {
  if (base.is_object() && known.is_object()) {
    for (const auto& [key, value] : known.items()) {
      Json& at = base[key];
      at = overlay(std::move(at), value);
    }
    return base;
  }
  const bool objects = base.is_array() && known.is_array() && base.size() == known.size() &&
                       !known.empty() && known.front().is_object();
  if (!objects) return known;
  for (size_t i = 0; i < known.size(); ++i) base[i] = overlay(std::move(base[i]), known[i]);
  return base;
}

}  // namespace headscope
