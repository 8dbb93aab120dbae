// The report of a corpus as JSON, and shards' reports merged into one.
#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "corpus/settings.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr const char* kMergeAction = "Merge the shards of one run only";

// One shard's report, read.
struct Part {
  std::string name;
  int64_t shard = 0, shards = 0;
  Json model, settings, thresholds;
  std::unique_ptr<Statistics> statistics;
  std::unique_ptr<Grammar> grammar;  // null where nothing was annotated
};

StackInfo stack_of(const Json& heads, const std::string& source) {
  StackInfo stack;
  for (const Json& id : heads) {
    if (!id.is_array() || id.size() != 2 || !id[0].is_number_integer()) {
      throw Error(ErrorCode::kBadInput, source + ": heads that cannot be read", "[layer, head]");
    }
    const int layer = id[0].get<int>();
    if (stack.layers.empty() || stack.layers.back() != layer) {
      stack.layers.push_back(layer);
      stack.heads.push_back(0);
    }
    ++stack.heads.back();
  }
  stack.kv_heads = stack.heads;
  return stack;
}

Part read_part(const ReportFile& file) {
  const Json json = parse_json(file.json, file.name);
  const Json* sums = json.is_object() ? find_field(json, "partial", file.name) : nullptr;
  if (!sums) {
    throw Error(ErrorCode::kBadInput, file.name + " holds no partial sums",
                "a report of `headscope analyze --shard i/n -o FILE`");
  }
  if (int_field(*sums, "version", file.name) != kReportVersion) {
    throw Error(ErrorCode::kBadInput, file.name + " was written by another version of headscope",
                "shards of one version");
  }
  Part part;
  part.name = file.name;
  part.model = object_field(json, "model_info", file.name);
  part.settings = object_field(json, "settings", file.name);
  part.thresholds = object_field(json, "thresholds", file.name);
  const std::string shard = string_field(part.settings, "shard", file.name);
  if (std::sscanf(shard.c_str(), "%" SCNd64 "/%" SCNd64, &part.shard, &part.shards) != 2 ||
      part.shard < 0 || part.shard >= part.shards) {
    throw Error(ErrorCode::kBadInput, file.name + ": shard \"" + shard + "\"", "i/n");
  }
  const Json& statistics = object_field(*sums, "statistics", file.name);
  part.statistics = std::make_unique<Statistics>(
      stack_of(array_field(statistics, "heads", file.name), file.name), StatisticsOptions{});
  part.statistics->restore(dump_json(statistics), file.name);
  if (const Json* grammar = find_field(*sums, "grammar", file.name)) {
    part.grammar = std::make_unique<Grammar>(part.statistics->heads());
    part.grammar->restore(dump_json(*grammar), file.name);
  }
  return part;
}

// All shards, each once.
void require_whole(const std::vector<Part>& parts) {
  const int64_t shards = parts.front().shards;
  std::string missing;
  for (int64_t k = 0; k < shards; ++k) {
    const auto is_k = [&](const Part& part) { return part.shard == k; };
    const auto first = std::find_if(parts.begin(), parts.end(), is_k);
    if (first == parts.end()) {
      missing += (missing.empty() ? "" : ", ") + std::to_string(k);
      continue;
    }
    const auto second = std::find_if(first + 1, parts.end(), is_k);
    if (second != parts.end()) {
      throw Error(ErrorCode::kBadInput,
                  "shard " + std::to_string(k) + " twice: " + first->name + " and " + second->name,
                  "each shard once");
    }
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kBadInput, "shards missing: " + missing,
                "all " + std::to_string(shards) + " shards");
  }
}

// {sentences, attachment}: how well single heads, and the means of layers, guess whole trees.
std::string grammar_json(const Grammar& grammar) {
  Json rows = Json::array();
  for (const Attachment& a : grammar.attachment()) {
    rows.push_back({{"layer", a.layer},
                    {"head", a.head < 0 ? Json(nullptr) : Json(a.head)},
                    {"direction", name_of(a.direction)},
                    {"strongest", a.strongest},
                    {"tree", a.tree},
                    {"n", a.n}});
  }
  return dump_json({{"sentences", grammar.sentences()}, {"attachment", rows}});
}

}  // namespace

std::string report_json(const CorpusReport& report) {
  const std::string source = "report";
  const Statistics& statistics = *report.statistics;
  const auto heads = report.heads();
  Json settings = parse_json(report.settings, source);
  settings.erase("thresholds");
  const Json head = {
      {"model", report.model.name},
      {"model_info", model_json(report.model)},
      {"fingerprint", report.model.fingerprint.empty() ? Json() : Json(report.model.fingerprint)},
      {"segments", statistics.segments()},
      {"tokens", statistics.tokens()},
      {"word_queries", statistics.word_queries()},
      {"mean_tokens", statistics.mean_tokens()},
      {"settings", settings},
      {"notes", reading_notes(statistics, heads, report.zero_segment_ids)}};
  std::string out = dump_json(head);
  out = with_field(std::move(out), "thresholds", report.thresholds.to_json());
  out = with_field(std::move(out), "heads", heads_json(heads, true));
  out = with_field(std::move(out), "similarity", similarity_json(statistics.similarity()));
  if (report.grammar) out = with_field(std::move(out), "grammar", grammar_json(*report.grammar));
  if (!report.partial) return out;
  std::string sums = with_field("{\"version\":" + std::to_string(kReportVersion) + "}",
                                "statistics", statistics.serialize());
  if (report.grammar) {
    sums = with_field(std::move(sums), "grammar", report.grammar->serialize());
  }
  return with_field(std::move(out), "partial", sums);
}

CorpusReport merge_reports(const std::vector<ReportFile>& files) {
  if (files.empty()) throw Error(ErrorCode::kUsage, "no reports", "those of all shards");
  std::vector<Part> parts;
  for (const ReportFile& file : files) parts.push_back(read_part(file));
  const Part& first = parts.front();
  for (const Part& part : parts) {
    require_same_model(part.model, first.model, part.name, kMergeAction);
    if (part.shards != first.shards) {
      throw Error(ErrorCode::kBadInput,
                  part.name + ": one of " + std::to_string(part.shards) + " shards",
                  "one of " + std::to_string(first.shards) + " as " + first.name, kMergeAction);
    }
    require_same_settings(part.settings, first.settings, {"shard"}, part.name, kMergeAction);
    require_same_settings(part.thresholds, first.thresholds, {}, part.name, kMergeAction);
  }
  require_whole(parts);
  CorpusReport out;
  out.model = parse_model(first.model, first.name);
  Json settings = first.settings;
  settings["shard"] = nullptr;
  out.settings = dump_json(settings);
  out.zero_segment_ids = string_field(settings, "segment_ids", first.name) == "zero";
  out.thresholds = Thresholds::parse(dump_json(first.thresholds), first.name);
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.shard < b.shard; });
  for (size_t k = 1; k < parts.size(); ++k) {
    parts[0].statistics->merge(*parts[k].statistics);
    if (parts[0].grammar && parts[k].grammar) parts[0].grammar->merge(*parts[k].grammar);
  }
  out.statistics = std::move(parts[0].statistics);
  out.grammar = std::move(parts[0].grammar);
  return out;
}

}  // namespace headscope
