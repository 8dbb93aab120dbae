#include "trace/trace_json_fields.h"

#include <algorithm>
#include <limits>

#include "format/json.h"
#include "headscope/error.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();

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
        refuse_field(source, "offsets[" + std::to_string(result.size()) + "] is " + entry.dump(),
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
      refuse_field(source, "words[" + std::to_string(result.size()) + "] is " + describe(entry),
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

std::vector<TokenKind> read_kinds(const Json& json, const std::string& source) {
  std::vector<TokenKind> kinds;
  if (!find_field(json, "kinds", source)) return kinds;
  bool any = false;
  for (const std::string& name : strings_field(json, "kinds", source)) {
    if (name != "text" && name != "patch") {
      refuse_field(source, "kinds holds \"" + name + "\"", "text or patch");
    }
    kinds.push_back(name == "text" ? TokenKind::kText : TokenKind::kPatch);
    any |= name == "patch";
  }
  if (kinds.size() != array_field(json, "tokens", source).size()) {
    refuse_field(source, "kinds has " + std::to_string(kinds.size()) + " entries", "one a token");
  }
  return any ? kinds : std::vector<TokenKind>();
}

Json or_null(bool present, Json value) { return present ? std::move(value) : Json(); }

}  // namespace

void refuse_field(const std::string& source, const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected);
}

std::vector<int32_t> small_ints(const Json& object, const std::string& key,
                                const std::string& source, int64_t low) {
  std::vector<int32_t> result;
  for (const int64_t value : ints_field(object, key, source)) {
    if (value < low || value > kMaxInt) {
      refuse_field(source, key + " holds " + std::to_string(value),
                   "numbers from " + std::to_string(low) + " to " + std::to_string(kMaxInt));
    }
    result.push_back(static_cast<int32_t>(value));
  }
  return result;
}

int word_field(const Json& object, const std::string& key, const std::string& source,
               const std::vector<std::string>& names, const std::string& fallback) {
  const std::string got = string_field(object, key, source, fallback);
  const auto found = std::find(names.begin(), names.end(), got);
  if (found != names.end()) return static_cast<int>(found - names.begin());
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  refuse_field(source, key + " is \"" + got + "\"", "one of " + known);
}

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

MaskInfo mask_from_json(const Json& json, const std::string& source) {
  MaskInfo mask;
  mask.kind = static_cast<MaskKind>(
      word_field(json, "kind", source, {"none", "causal", "window", "dense"}, "none"));
  mask.left = int_field(json, "left", source, -1, kMaxTokens, -1);
  mask.right = int_field(json, "right", source, -1, kMaxTokens, -1);
  mask.key_length = int_field(json, "key_length", source, -1, kMaxTokens, -1);
  return mask;
}

Json mask_to_json(const MaskInfo& mask) {
  return {{"kind", name_of(mask.kind)},
          {"left", or_null(mask.left >= 0, mask.left)},
          {"right", or_null(mask.right >= 0, mask.right)},
          {"key_length", or_null(mask.key_length >= 0, mask.key_length)}};
}

RopeInfo rope_from_json(const Json& json, const std::string& source) {
  RopeInfo rope;
  rope.theta = number_field(json, "theta", source, rope.theta);
  rope.dims = int_field(json, "dims", source, 1, kMaxWidth);
  rope.interleaved = bool_field(json, "interleaved", source, false);
  if (find_field(json, "inverse_frequencies", source)) {
    for (const Json& value : array_field(json, "inverse_frequencies", source)) {
      if (!value.is_number()) {
        refuse_field(source, "inverse_frequencies holds " + describe(value), "numbers");
      }
      rope.inverse_frequencies.push_back(value.get<double>());
    }
    if (static_cast<int64_t>(rope.inverse_frequencies.size()) * 2 != rope.dims) {
      refuse_field(source, std::to_string(rope.inverse_frequencies.size()) + " inverse_frequencies",
                   "dims/2 of them");
    }
  }
  return rope;
}

Json rope_to_json(const RopeInfo& rope) {
  return {{"theta", json_number(rope.theta)},
          {"dims", rope.dims},
          {"interleaved", rope.interleaved},
          {"inverse_frequencies",
           or_null(!rope.inverse_frequencies.empty(), json_numbers(rope.inverse_frequencies))}};
}

std::optional<float> softcap_from_json(const Json& json, const std::string& source) {
  if (!find_field(json, "softcap", source)) return std::nullopt;
  return static_cast<float>(number_field(json, "softcap", source));
}

Json softcap_to_json(const std::optional<float>& softcap) {
  return softcap ? json_number(*softcap) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

TokenSequence sequence_from_json(const Json& json, const std::string& source) {
  TokenSequence t;
  t.tokens = strings_field(json, "tokens", source);
  t.ids = small_ints(json, "ids", source);
  t.segment_ids = small_ints(json, "segment_ids", source);
  t.text_a = string_field(json, "text_a", source, "");
  if (find_field(json, "text_b", source)) t.text_b = string_field(json, "text_b", source);
  t.offsets = read_offsets(json, source, std::max(t.text_a.size(), t.text_b.value_or("").size()));
  for (const int32_t flag : small_ints(json, "special", source)) {
    if (flag > 1) refuse_field(source, "special holds " + std::to_string(flag), "0 or 1");
    t.special.push_back(static_cast<uint8_t>(flag));
  }
  t.words = read_words(json, source);
  if (find_field(json, "generated_from", source)) {
    t.generated_from = static_cast<int32_t>(int_field(json, "generated_from", source, 0, t.size()));
  }
  t.kinds = read_kinds(json, source);
  t.sentences = derive_sentences(t);
  return t;
}

Json sequence_to_json(const TokenSequence& t) {
  Json offsets = Json::array(), words = Json::array(), kinds = Json::array();
  for (size_t i = 0; i < t.tokens.size(); ++i) {
    // {0, 0}: a token of no text, as the template's and those of a text that is not there.
    const bool nowhere = t.special[i] || t.offsets[i] == Range{};
    offsets.push_back(nowhere ? Json() : Json::array({t.offsets[i].begin, t.offsets[i].end}));
    words.push_back(or_null(t.words[i] >= 0, t.words[i]));
    const bool patch = !t.kinds.empty() && t.kinds[i] == TokenKind::kPatch;
    kinds.push_back(patch ? "patch" : "text");
  }
  return {{"tokens", t.tokens},
          {"ids", t.ids},
          {"kinds", std::move(kinds)},
          {"segment_ids", t.segment_ids},
          {"offsets", std::move(offsets)},
          {"special", t.special},
          {"words", std::move(words)},
          {"text_a", t.text_a},
          {"text_b", t.text_b ? Json(*t.text_b) : Json()},
          {"generated_from", t.generated_from ? Json(*t.generated_from) : Json()}};
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
