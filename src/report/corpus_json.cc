// The report of a corpus as JSON, and shards' reports merged into one.
#include <algorithm>
#include <map>

#include "corpus/settings.h"
#include "format/base64.h"
#include "format/json.h"
#include "headscope/error.h"
#include "headscope/report.h"
#include "report/json_text.h"

namespace headscope {
namespace {

constexpr const char* kMergeAction = "Merge the shards of one run only";

// One shard's report, read.
struct Part {
  std::string name;
  Partial partial;
  int64_t shard() const { return partial.record().settings.shard; }
  int64_t shards() const { return partial.record().settings.shards; }
};

Part read_part(const ReportFile& file) {
  const Json json = parse_json(file.json, file.name);
  const Json* sums = json.is_object() ? find_field(json, "partial", file.name) : nullptr;
  if (!sums) {
    throw Error(ErrorCode::kBadInput, file.name + " holds no partial sums",
                "a report of `headscope analyze --shard i/n -o FILE`");
  }
  if (!sums->is_string()) {
    throw Error(
        ErrorCode::kBadInput,
        file.name + " was written by an older version of headscope: partial is " + describe(*sums),
        "base64", "Analyse its shard again");
  }
  const std::string bytes = from_base64(sums->get_ref<const std::string&>(), file.name);
  return {file.name, Partial::parse(bytes, file.name)};
}

// All shards of one run, each once.
void require_whole(const std::vector<Part>& parts) {
  const Part& first = parts.front();
  for (const Part& part : parts) {
    require_same_model(part.partial.model(), first.partial.model(), part.name, kMergeAction);
    if (part.shards() != first.shards()) {
      throw Error(ErrorCode::kBadInput,
                  part.name + ": one of " + std::to_string(part.shards()) + " shards",
                  "one of " + std::to_string(first.shards()) + " as " + first.name, kMergeAction);
    }
    require_same_record(part.partial.record(), first.partial.record(), part.name, kMergeAction);
  }
  std::map<int64_t, const Part*> by_shard;
  for (const Part& part : parts) {
    const auto [other, added] = by_shard.try_emplace(part.shard(), &part);
    if (added) continue;
    throw Error(ErrorCode::kBadInput,
                "shard " + std::to_string(part.shard()) + " twice: " + other->second->name +
                    " and " + part.name,
                "each shard once");
  }
  std::string missing;
  for (int64_t k = 0; k < first.shards() && missing.size() < 60; ++k) {
    if (!by_shard.contains(k)) missing += (missing.empty() ? "" : ", ") + std::to_string(k);
  }
  if (missing.empty()) return;
  throw Error(ErrorCode::kBadInput, "shards missing: " + missing,
              "all " + std::to_string(first.shards()) + " shards");
}

// {sentences, attachment}: the share of words that trees from single heads, and from the means of
// layers, attach as the treebank does.
std::string grammar_json(const Grammar& grammar) {
  Json rows = Json::array();
  for (const Attachment& a : grammar.attachment()) {
    Json row = {{"layer", a.layer},
                {"head", a.head < 0 ? Json(nullptr) : Json(a.head)},
                {"direction", name_of(a.direction)},
                {"strongest", a.strongest},
                {"tree", a.tree},
                {"n", a.n}};
    if (!a.stack.empty()) row["stack"] = a.stack;
    rows.push_back(std::move(row));
  }
  return dump_json({{"sentences", grammar.sentences()}, {"attachment", rows}});
}

std::string links_json(const LinkStatistics& links, const LinkChoice& choice) {
  Json heads = Json::array();
  for (const LinkedHead& head : links.heads()) {
    Json row = {{"layer", head.id.layer},
                {"head", head.id.head},
                {"mean", json_number(head.mean)},
                {"se", json_number(head.se)},
                {"rank", json_number(head.rank)},
                {"top1", json_number(head.top1)},
                {"chance", json_number(head.chance)},
                {"lift", json_number(head.lift)},
                {"n", head.n}};
    if (!head.stack.empty()) row["stack"] = head.stack;
    heads.push_back(std::move(row));
  }
  return dump_json({{"of", to_string(choice)},
                    {"n", links.links()},
                    {"left_out", links.left_out()},
                    {"hidden", links.hidden()},
                    {"heads", std::move(heads)}});
}

// [{stack, tokens, word_queries, similarity}] of every stack of a model that has several.
std::string stacks_json(const CorpusReport& report) {
  std::string out;
  for (size_t s = 0; s < report.partial->stacks(); ++s) {
    const Statistics& statistics = report.statistics(s);
    std::string one = dump_json({{"stack", statistics.heads().name},
                                 {"tokens", statistics.tokens()},
                                 {"word_queries", statistics.word_queries()}});
    one = with_field(std::move(one), "similarity", similarity_json(statistics.similarity()));
    out += (s == 0 ? "[" : ",") + one;
  }
  return out + "]";
}

}  // namespace

std::string report_json(const CorpusReport& report) {
  const Statistics& statistics = report.statistics();
  const ModelInfo& model = report.model();
  const auto heads = report.heads();
  Json settings = record_json(report.partial->record());
  settings.erase("thresholds");
  const Json head = {
      {"model", model.name},
      {"model_info", model_json(model)},
      {"fingerprint", model.fingerprint.empty() ? Json() : Json(model.fingerprint)},
      {"segments", statistics.segments()},
      {"tokens", statistics.tokens()},
      {"word_queries", statistics.word_queries()},
      {"mean_tokens", statistics.mean_tokens()},
      {"settings", settings},
      {"notes", reading_notes(statistics, heads, model.family, report.zero_segment_ids())}};
  std::string out = dump_json(head);
  out = with_field(std::move(out), "thresholds", report.thresholds().to_json());
  out = with_field(std::move(out), "heads", heads_json(heads, true));
  out = with_field(std::move(out), "similarity", similarity_json(statistics.similarity()));
  if (report.partial->stacks() > 1) out = with_field(std::move(out), "stacks", stacks_json(report));
  if (report.grammar())
    out = with_field(std::move(out), "grammar", grammar_json(*report.grammar()));
  if (report.links()) {
    out = with_field(std::move(out), "links",
                     links_json(*report.links(), *report.partial->record().settings.links));
  }
  if (!report.is_shard()) return out;
  return with_field(std::move(out), "partial", '"' + to_base64(report.partial->bytes()) + '"');
}

CorpusReport merge_reports(const std::vector<ReportFile>& files) {
  if (files.empty()) throw Error(ErrorCode::kUsage, "no reports", "those of all shards");
  std::vector<Part> parts;
  for (const ReportFile& file : files) parts.push_back(read_part(file));
  require_whole(parts);
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.shard() < b.shard(); });
  const auto whole = std::make_shared<Partial>(std::move(parts.front().partial));
  for (size_t k = 1; k < parts.size(); ++k) whole->merge(parts[k].partial, parts[k].name);
  whole->set_whole();
  return {whole};
}

}  // namespace headscope
