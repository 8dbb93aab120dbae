#include "corpus/settings.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

Json or_null(bool present, Json value) { return present ? std::move(value) : Json(nullptr); }

}  // namespace

Json record_json(const CorpusRecord& record) {
  const CorpusSettings& s = record.settings;
  const CorpusScan& scan = record.scan;
  Json thresholds = Json::object();
  for (const auto& [name, value] : s.thresholds.entries()) thresholds[name] = value;
  return {
      {"files", s.paths},
      {"format", s.format ? Json(name_of(*s.format)) : Json(nullptr)},
      {"pairs", s.segments.pairs},
      {"max_tokens", record.max_tokens},
      {"truncate", or_null(s.segments.truncation != Truncation::kNone,
                           std::string(name_of(s.segments.truncation)))},
      {"sample", or_null(s.sample.has_value(), s.sample.value_or(0))},
      {"segment_ids", s.zero_segment_ids ? "zero" : "true"},
      {"predictive", or_null(s.predictive > 0, s.predictive)},
      {"links", s.links ? Json(to_string(*s.links)) : Json(nullptr)},
      {"shard", or_null(s.shards > 1, std::to_string(s.shard) + "/" + std::to_string(s.shards))},
      {"similarity_rows", record.similarity_rows},
      {"thresholds", std::move(thresholds)},
      {"corpus",
       {{"hash", scan.hash},
        {"texts", scan.texts},
        {"documents", scan.documents},
        {"segments", scan.segments},
        {"skipped", scan.skipped},
        {"sampled", scan.sampled_segments},
        {"sentences", or_null(s.predictive > 0, scan.sentences)},
        {"links", or_null(s.links.has_value(), scan.links)}}}};
}

CorpusRecord parse_record(const Json& json, const std::string& source) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  CorpusRecord out;
  CorpusSettings& s = out.settings;
  s.paths = strings_field(json, "files", source);
  if (find_field(json, "format", source)) {
    s.format = parse_corpus_format(string_field(json, "format", source));
  }
  s.segments.pairs = bool_field(json, "pairs", source);
  out.max_tokens = int_field(json, "max_tokens", source, 0, kMost);
  s.segments.max_tokens = out.max_tokens;
  if (find_field(json, "truncate", source)) {
    const std::string name = string_field(json, "truncate", source);
    const std::optional<Truncation> truncation = parse_truncation(name);
    if (!truncation) throw Error(ErrorCode::kBadInput, source + ": truncate \"" + name + "\"");
    s.segments.truncation = *truncation;
  }
  if (find_field(json, "sample", source)) s.sample = int_field(json, "sample", source, 1, kMost);
  s.zero_segment_ids = string_field(json, "segment_ids", source) == "zero";
  s.predictive = int_field(json, "predictive", source, 0, kMost, 0);
  if (find_field(json, "links", source)) {
    s.links = parse_link_choice(string_field(json, "links", source));
  }
  const std::string shard = string_field(json, "shard", source, "0/1");
  if (std::sscanf(shard.c_str(), "%" SCNd64 "/%" SCNd64, &s.shard, &s.shards) != 2 || s.shard < 0 ||
      s.shard >= s.shards) {
    throw Error(ErrorCode::kBadInput, source + ": shard \"" + shard + "\"", "i/n");
  }
  out.similarity_rows = int_field(json, "similarity_rows", source, 0, kMost);
  s.thresholds = Thresholds::parse(dump_json(object_field(json, "thresholds", source)), source);
  const Json& corpus = object_field(json, "corpus", source);
  out.scan.hash = string_field(corpus, "hash", source);
  const std::pair<const char*, int64_t*> counts[] = {{"texts", &out.scan.texts},
                                                     {"documents", &out.scan.documents},
                                                     {"segments", &out.scan.segments},
                                                     {"skipped", &out.scan.skipped},
                                                     {"sampled", &out.scan.sampled_segments},
                                                     {"sentences", &out.scan.sentences},
                                                     {"links", &out.scan.links}};
  for (const auto& [name, count] : counts) {
    *count = int_field(corpus, name, source, 0, kMost, 0);
  }
  return out;
}

Json model_json(const ModelInfo& model) {
  return {{"name", model.name},
          {"family", model.family},
          {"fingerprint", model.fingerprint},
          {"byte_tokens", model.byte_tokens}};
}

ModelInfo parse_model(const Json& json, const std::string& source) {
  ModelInfo model;
  model.name = string_field(json, "name", source);
  model.family = string_field(json, "family", source, "");
  model.fingerprint = string_field(json, "fingerprint", source, "");
  model.byte_tokens = bool_field(json, "byte_tokens", source, false);
  return model;
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

void require_same_record(const CorpusRecord& got, const CorpusRecord& expected,
                         const std::string& source, const std::string& action) {
  std::vector<std::string> except = {"shard"};
  // Workers that never saw the whole corpus each counted what they had.
  if (got.scan.hash.empty() && expected.scan.hash.empty()) except.emplace_back("corpus");
  require_same_settings(record_json(got), record_json(expected), except, source, action);
}

void require_same_model(const ModelInfo& a, const ModelInfo& b, const std::string& source,
                        const std::string& action) {
  const bool known = !a.fingerprint.empty() && !b.fingerprint.empty();
  if (known ? a.fingerprint == b.fingerprint : a.name == b.name) return;
  const auto text = [](const ModelInfo& m) {
    return m.name + (m.fingerprint.empty() ? "" : " (" + m.fingerprint.substr(0, 12) + "…)");
  };
  throw Error(ErrorCode::kBadInput, source + ": made with another model, " + text(a), text(b),
              action);
}

}  // namespace headscope
