#include "corpus/settings.h"

#include <algorithm>

#include "headscope/error.h"

namespace headscope {
namespace {

Json or_null(bool present, Json value) { return present ? std::move(value) : Json(nullptr); }

}  // namespace

Json settings_json(const CorpusSettings& s, int64_t max_tokens, const CorpusScan& scan,
                   int64_t similarity_rows) {
  return {
      {"files", s.paths},
      {"format", s.format ? Json(name_of(*s.format)) : Json(nullptr)},
      {"pairs", s.segments.pairs},
      {"max_tokens", max_tokens},
      {"truncate", or_null(s.segments.truncation != Truncation::kNone,
                           std::string(name_of(s.segments.truncation)))},
      {"sample", or_null(s.sample.has_value(), s.sample.value_or(0))},
      {"segment_ids", s.zero_segment_ids ? "zero" : "true"},
      {"predictive", or_null(s.predictive > 0, s.predictive)},
      {"shard", or_null(s.shards > 1, std::to_string(s.shard) + "/" + std::to_string(s.shards))},
      {"similarity_rows", similarity_rows},
      {"thresholds", parse_json(s.thresholds.to_json(), "thresholds")},
      {"corpus",
       {{"hash", scan.hash},
        {"texts", scan.texts},
        {"documents", scan.documents},
        {"segments", scan.segments},
        {"skipped", scan.skipped},
        {"sampled", scan.sampled_segments},
        {"sentences", or_null(s.predictive > 0, scan.sentences)}}}};
}

Json model_json(const ModelInfo& model) {
  return {{"name", model.name}, {"family", model.family}, {"fingerprint", model.fingerprint}};
}

ModelInfo parse_model(const Json& json, const std::string& source) {
  return {string_field(json, "name", source), string_field(json, "family", source, ""),
          string_field(json, "fingerprint", source, "")};
}

void require_same_settings(const Json& got, const Json& expected,
                           const std::vector<std::string>& except, const std::string& source,
                           const std::string& action) {
  // Plain settings first: a sample of another size makes another corpus, too.
  for (const bool large : {false, true}) {
    for (const auto& [name, value] : expected.items()) {
      const bool may_differ =
          name == "files" || std::find(except.begin(), except.end(), name) != except.end();
      if (value.is_object() != large || may_differ) continue;
      const Json other = got.contains(name) ? got[name] : Json(nullptr);
      if (other == value) continue;
      throw Error(ErrorCode::kBadInput,
                  source + ": other settings: " + name + (large ? "" : " " + dump_json(other)),
                  large ? "the same " + name : name + " " + dump_json(value), action);
    }
  }
}

void require_same_model(const Json& got, const Json& expected, const std::string& source,
                        const std::string& action) {
  const ModelInfo a = parse_model(got, source), b = parse_model(expected, source);
  const bool known = !a.fingerprint.empty() && !b.fingerprint.empty();
  if (known ? a.fingerprint == b.fingerprint : a.name == b.name) return;
  const auto text = [](const ModelInfo& m) {
    return m.name + (m.fingerprint.empty() ? "" : " (" + m.fingerprint.substr(0, 12) + "…)");
  };
  throw Error(ErrorCode::kBadInput, source + ": made with another model, " + text(a), text(b),
              action);
}

std::string with_field(std::string object, std::string_view name, std::string_view value) {
  object.pop_back();
  if (object.size() > 1) object += ',';
  object.append("\"").append(name).append("\":").append(value).append("}");
  return object;
}

}  // namespace headscope
