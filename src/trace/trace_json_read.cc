#include <algorithm>
#include <limits>

#include "headscope/error.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected);
}

std::vector<int32_t> small_ints(const Json& object, const std::string& key,
                                const std::string& source, int64_t low = 0) {
  std::vector<int32_t> result;
  for (const int64_t value : ints_field(object, key, source)) {
    if (value < low || value > kMaxInt) {
      refuse(source, key + " holds " + std::to_string(value),
             "numbers from " + std::to_string(low) + " to " + std::to_string(kMaxInt));
    }
    result.push_back(static_cast<int32_t>(value));
  }
  return result;
}

// What a field may be named: the first match's index.
int choice(const Json& object, const std::string& key, const std::string& source,
           const std::vector<std::string>& names, const std::string& fallback) {
  const std::string got = string_field(object, key, source, fallback);
  const auto found = std::find(names.begin(), names.end(), got);
  if (found != names.end()) return static_cast<int>(found - names.begin());
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  refuse(source, key + " is \"" + got + "\"", "one of " + known);
}

MaskInfo read_mask(const Json& json, const std::string& source) {
  MaskInfo mask;
  mask.kind = static_cast<MaskKind>(
      choice(json, "kind", source, {"none", "causal", "window", "dense"}, "none"));
  mask.left = int_field(json, "left", source, -1, kMaxTokens, -1);
  mask.right = int_field(json, "right", source, -1, kMaxTokens, -1);
  mask.key_length = int_field(json, "key_length", source, -1, kMaxTokens, -1);
  return mask;
}

RopeInfo read_rope(const Json& json, const std::string& source) {
  RopeInfo rope;
  rope.theta = number_field(json, "theta", source, rope.theta);
  rope.dims = int_field(json, "dims", source, 1, kMaxWidth);
  rope.interleaved = bool_field(json, "interleaved", source, false);
  if (find_field(json, "inverse_frequencies", source)) {
    for (const Json& value : array_field(json, "inverse_frequencies", source)) {
      if (!value.is_number()) {
        refuse(source, "inverse_frequencies holds " + describe(value), "numbers");
      }
      rope.inverse_frequencies.push_back(value.get<double>());
    }
    if (static_cast<int64_t>(rope.inverse_frequencies.size()) * 2 != rope.dims) {
      refuse(source, std::to_string(rope.inverse_frequencies.size()) + " inverse_frequencies",
             "dims/2 of them");
    }
  }
  return rope;
}

std::optional<float> read_softcap(const Json& json, const std::string& source,
                                  std::optional<float> fallback) {
  if (!json.contains("softcap")) return fallback;
  if (json["softcap"].is_null()) return std::nullopt;
  return static_cast<float>(number_field(json, "softcap", source));
}

StackInfo read_stack(const Json& json, const StackInfo& common, const std::string& source) {
  StackInfo stack = common;
  stack.name = string_field(json, "name", source);
  stack.layers = small_ints(json, "layers", source);
  stack.heads = small_ints(json, "heads", source);
  stack.kv_heads = small_ints(json, "kv_heads", source);
  stack.head_dim = int_field(json, "head_dim", source, 1, kMaxWidth);
  stack.scale =
      static_cast<float>(number_field(json, "scale", source, static_cast<double>(common.scale)));
  stack.softcap = read_softcap(json, source, common.softcap);
  if (const Json* mask = find_field(json, "mask", source)) {
    stack.mask = read_mask(*mask, source + ".mask");
  }
  stack.bias =
      static_cast<BiasKind>(choice(json, "bias", source, {"none", "distance", "dense"}, "none"));
  if (const Json* rope = find_field(json, "rope", source)) {
    stack.rope = read_rope(*rope, source + ".rope");
  }
  return stack;
}

// [[start, end], null, …] within a text of `limit` bytes (the longer of the two).
std::vector<Range> read_offsets(const Json& json, const std::string& source, size_t limit) {
  std::vector<Range> result;
  for (const Json& entry : array_field(json, "offsets", source)) {
    Range range;
    if (!entry.is_null()) {
      const bool pair = entry.is_array() && entry.size() == 2 && entry[0].is_number_integer() &&
                        entry[1].is_number_integer();
      if (pair) range = {entry[0].get<int64_t>(), entry[1].get<int64_t>()};
      if (!pair || range.begin < 0 || range.end < range.begin ||
          range.end > static_cast<int64_t>(limit)) {
        refuse(source, "offsets[" + std::to_string(result.size()) + "] is " + entry.dump(),
               "[start, end] within the text's " + std::to_string(limit) + " bytes, or null");
      }
    }
    result.push_back(range);
  }
  return result;
}

std::vector<int32_t> read_words(const Json& json, const std::string& source) {
  std::vector<int32_t> result;
  for (const Json& entry : array_field(json, "words", source)) {
    const bool word =
        entry.is_number_integer() && entry.get<int64_t>() >= 0 && entry.get<int64_t>() <= kMaxInt;
    if (!entry.is_null() && !word) {
      refuse(source, "words[" + std::to_string(result.size()) + "] is " + describe(entry),
             "a word's index, or null");
    }
    result.push_back(word ? entry.get<int32_t>() : -1);
  }
  return result;
}

// Sentence B starts behind the special token that ends A. Segment ids say it too, unless the model
// has none or `--segment-ids zero` fed zeros.
std::vector<int32_t> derive_sentences(const TokenSequence& t) {
  std::vector<int32_t> sentences(t.tokens.size(), 0);
  if (!t.text_b) return sentences;
  const bool segments = std::count(t.segment_ids.begin(), t.segment_ids.end(), 1) > 0;
  if (segments && t.segment_ids.size() == sentences.size()) return t.segment_ids;
  bool text = false, second = false;
  for (size_t i = 0; i < sentences.size() && i < t.special.size(); ++i) {
    sentences[i] = second;
    text |= !t.special[i];
    second |= text && t.special[i];
  }
  return sentences;
}

TokenSequence read_sequence(const Json& json, const std::string& source) {
  TokenSequence t;
  t.tokens = strings_field(json, "tokens", source);
  t.ids = small_ints(json, "ids", source);
  t.segment_ids = small_ints(json, "segment_ids", source);
  t.text_a = string_field(json, "text_a", source, "");
  if (find_field(json, "text_b", source)) t.text_b = string_field(json, "text_b", source);
  t.offsets = read_offsets(json, source, std::max(t.text_a.size(), t.text_b.value_or("").size()));
  for (const int32_t flag : small_ints(json, "special", source)) {
    if (flag > 1) refuse(source, "special holds " + std::to_string(flag), "0 or 1");
    t.special.push_back(static_cast<uint8_t>(flag));
  }
  t.words = read_words(json, source);
  if (find_field(json, "generated_from", source)) {
    t.generated_from = static_cast<int32_t>(int_field(json, "generated_from", source, 0, t.size()));
  }
  t.sentences = derive_sentences(t);
  return t;
}

}  // namespace

TraceInfo trace_info_from_json(const Json& json, const std::string& source) {
  TraceInfo info;
  const Json& model = object_field(json, "model", source);
  info.model.name = string_field(model, "name", source + ": model", "");
  info.model.family = string_field(model, "family", source + ": model", "");
  info.model.fingerprint = string_field(model, "fingerprint", source + ": model", "");
  info.precision = string_field(json, "precision", source, "f32");
  if (find_field(json, "precision_error", source)) {
    info.precision_error = number_field(json, "precision_error", source);
  }
  StackInfo common;
  common.scale = static_cast<float>(number_field(json, "scale", source));
  common.softcap = read_softcap(json, source, std::nullopt);
  const Json& stacks = array_field(json, "stacks", source);
  for (size_t s = 0; s < stacks.size(); ++s) {
    info.stacks.push_back(
        read_stack(stacks[s], common, source + ": stacks[" + std::to_string(s) + "]"));
  }
  info.query = read_sequence(object_field(json, "query", source), source + ": query");
  if (find_field(json, "key", source)) {
    info.key = read_sequence(object_field(json, "key", source), source + ": key");
  }
  if (find_field(json, "settings", source)) {
    info.settings = dump_json(object_field(json, "settings", source));
  }
  check_trace_info(info, source);
  return info;
}

}  // namespace headscope
