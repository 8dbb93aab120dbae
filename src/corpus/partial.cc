#include "headscope/partial.h"

#include <algorithm>

#include "base/digest.h"
#include "corpus/settings.h"
#include "format/arrays.h"
#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr const char* kFormat = "headscope-partial";
constexpr const char* kVersion = "1";

StatisticsOptions options_of(const CorpusRecord& record, const Embeddings* embeddings) {
  StatisticsOptions options;
  options.embeddings = embeddings;
  options.similarity_rows = record.similarity_rows;
  return options;
}

// PREFIX.partition strings, PREFIX.range_partition [R], PREFIX.range [R, 2].
void save_lines(const LineSet& lines, const std::string& prefix, ArrayWriter& out) {
  std::vector<std::string> partitions;
  std::vector<int64_t> partition, range;
  for (const auto& [name, ranges] : lines.ranges()) {
    for (const Range& r : ranges) {
      partition.push_back(static_cast<int64_t>(partitions.size()));
      range.insert(range.end(), {r.begin, r.end});
    }
    partitions.push_back(name);
  }
  const auto rows = static_cast<int64_t>(partition.size());
  out.put_strings(prefix + ".partition", partitions);
  out.put(prefix + ".range_partition", {rows}, partition);
  out.put(prefix + ".range", {rows, 2}, range);
}

LineSet load_lines(const ArrayReader& in, const std::string& prefix) {
  const std::vector<std::string> partitions = in.strings(prefix + ".partition");
  const std::vector<int64_t> partition = in.integers(prefix + ".range_partition", {-1});
  const auto rows = static_cast<int64_t>(partition.size());
  const std::vector<int64_t> range = in.integers(prefix + ".range", {rows, 2});
  LineSet out;
  for (size_t r = 0; r < partition.size(); ++r) {
    if (partition[r] < 0 || partition[r] >= static_cast<int64_t>(partitions.size())) {
      in.refuse(prefix + ".range_partition", std::to_string(partition[r]), "a partition's index");
    }
    if (!out.add(partitions[static_cast<size_t>(partition[r])], {range[2 * r], range[2 * r + 1]})) {
      in.refuse(prefix + ".range", "ranges that do not ascend");
    }
  }
  return out;
}

StackHeads load_heads(const ArrayReader& in, int stack, const std::string& name, bool square) {
  const std::vector<int64_t> ids = in.integers("heads", {-1, 2});
  StackHeads out{stack, name, {}, square};
  for (size_t h = 0; 2 * h < ids.size(); ++h) {
    for (const int64_t number : {ids[2 * h], ids[2 * h + 1]}) {
      if (number < 0 || number > 1'000'000) in.refuse("heads", std::to_string(number));
    }
    out.heads.push_back({static_cast<int>(ids[2 * h]), static_cast<int>(ids[2 * h + 1])});
  }
  return out;
}

// Where a model has several stacks, arrays are named "STACK.NAME".
std::string prefix_of(const StackHeads& stack) {
  return stack.name.empty() ? std::string() : stack.name + ".";
}

constexpr size_t kMostStacks = 16;

// The stacks of a file: one without a name, or those that it lists.
std::vector<StackHeads> load_stacks(const Json& described, const ArrayReader& in) {
  if (!find_field(described, "stacks", in.source())) return {load_heads(in, 0, "", true)};
  std::vector<StackHeads> out;
  for (const Json& stack : array_field(described, "stacks", in.source())) {
    const std::string name = string_field(stack, "name", in.source());
    const bool twice = std::any_of(out.begin(), out.end(),
                                   [&](const StackHeads& other) { return other.name == name; });
    if (name.empty() || twice || out.size() == kMostStacks) {
      in.refuse("stacks", describe(stack), "at most 16 names, each once");
    }
    const auto index = static_cast<int>(out.size());
    out.push_back(
        load_heads(in.within(name + "."), index, name, bool_field(stack, "square", in.source())));
  }
  if (out.empty()) in.refuse("stacks", "none", "at least one");
  return out;
}

// JSON is what older versions wrote for checkpoints.
void refuse_other_formats(std::string_view bytes, const std::string& source) {
  if (bytes.substr(0, 1) != "{") return;
  throw Error(ErrorCode::kBadInput,
              source + " is JSON: the checkpoint of an older version of headscope, or none",
              "a partial result of this version", "Remove it, or write to another file");
}

// "144 heads in 1 stack with grammar"
std::string described(const Partial& partial) {
  size_t heads = 0;
  for (size_t s = 0; s < partial.stacks(); ++s) {
    heads += partial.statistics(s).heads().heads.size();
  }
  return std::to_string(heads) + " heads in " + std::to_string(partial.stacks()) +
         (partial.stacks() == 1 ? " stack" : " stacks") +
         (partial.grammar() ? " with grammar" : "");
}

// Throws where stacks, heads or grammar of `other` are not those of `own`.
void require_same_heads(const Partial& other, const Partial& own, const std::string& source,
                        const std::string& action) {
  bool same = other.stacks() == own.stacks() && !other.grammar() == !own.grammar();
  for (size_t s = 0; same && s < own.stacks(); ++s) {
    same = other.statistics(s).heads() == own.statistics(s).heads();
  }
  if (same) return;
  throw Error(ErrorCode::kBadInput, source + ": partial sums of " + described(other),
              described(own), action);
}

}  // namespace

Partial::Partial(ModelInfo model, CorpusRecord record, std::vector<StackHeads> stacks,
                 bool treebank, const Embeddings* embeddings)
    : model_(std::move(model)),
      record_(std::move(record)),
      embeddings_(embeddings),
      grammar_(treebank ? std::make_unique<Grammar>(stacks.at(0)) : nullptr) {
  if (record_.settings.links) links_.emplace(stacks);
  for (StackHeads& heads : stacks) {
    statistics_.push_back(
        std::make_unique<Statistics>(std::move(heads), options_of(record_, embeddings)));
  }
}

void Partial::add(const AttentionSource& source, const SegmentName& name,
                  std::span<const DependencyTree> trees, std::span<const TokenLink> links) {
  segments_.add(name);
  for (const auto& statistics : statistics_) statistics->add(source, name);
  if (links_) links_->add(source, links);
  if (!grammar_) return;
  for (const DependencyTree& tree : trees) grammar_->add(source, tree);
}

void Partial::add_predictive(const AttentionSource& source, const std::vector<double>& contribution,
                             const SegmentName& name) {
  texts_.add(name);
  statistics_[0]->add_predictive(source, contribution, name);
}

void Partial::set_probe(const AttentionSource& source) { statistics_[0]->set_probe(source); }

void Partial::restore(Partial saved, const std::string& source) {
  require_same_heads(saved, *this, source, "");
  statistics_ = std::move(saved.statistics_);
  for (const auto& statistics : statistics_) statistics->set_embeddings(embeddings_);
  grammar_ = std::move(saved.grammar_);
  links_ = std::move(saved.links_);
  segments_ = std::move(saved.segments_);
  texts_ = std::move(saved.texts_);
}

void Partial::merge(const Partial& other, const std::string& source) {
  constexpr const char* kAction = "Merge the parts of one run only";
  require_same_model(other.model_, model_, source, kAction);
  require_same_record(other.record_, record_, source, kAction);
  for (const auto& [ours, theirs] :
       {std::pair(&segments_, &other.segments_), std::pair(&texts_, &other.texts_)}) {
    const std::optional<SegmentName> both = ours->common(*theirs);
    if (!both) continue;
    throw Error(ErrorCode::kBadInput,
                source + " holds " + (both->partition.empty() ? "segment " : "line ") +
                    std::to_string(both->line) +
                    (both->partition.empty() ? "" : " of partition \"" + both->partition + "\"") +
                    ", which another part holds, too",
                "each in one part only", kAction);
  }
  require_same_heads(other, *this, source, kAction);
  for (size_t s = 0; s < stacks(); ++s) statistics_[s]->merge(*other.statistics_[s]);
  if (grammar_) grammar_->merge(*other.grammar_);
  if (links_) links_->merge(*other.links_);
  segments_.merge(other.segments_);
  texts_.merge(other.texts_);
  if (!record_.scan.hash.empty()) return;
  CorpusScan& scan = record_.scan;
  const CorpusScan& more = other.record_.scan;
  for (int64_t CorpusScan::* count :
       {&CorpusScan::texts, &CorpusScan::documents, &CorpusScan::segments, &CorpusScan::skipped,
        &CorpusScan::without_heads, &CorpusScan::sentences, &CorpusScan::sampled_segments,
        &CorpusScan::sampled_sentences, &CorpusScan::links}) {
    scan.*count += more.*count;
  }
}

std::string Partial::bytes() const {
  ArrayWriter out;
  Json names = Json::array();
  for (const auto& statistics : statistics_) {
    out.set_prefix(prefix_of(statistics->heads()));
    statistics->save(out);
    names.push_back({{"name", statistics->heads().name}, {"square", statistics->heads().square}});
  }
  out.set_prefix("");
  if (grammar_) grammar_->save(out);
  if (links_) links_->save(out);
  save_lines(segments_, "covered", out);
  save_lines(texts_, "predictive.covered", out);
  Json described = {{"model", model_json(model_)}, {"settings", record_json(record_)}};
  if (stacks() > 1) described["stacks"] = std::move(names);
  return out.finish(
      {{"format", kFormat}, {"format_version", kVersion}, {"partial", dump_json(described)}});
}

Partial Partial::parse(std::string_view bytes, const std::string& source) {
  refuse_other_formats(bytes, source);
  const ArrayReader in(bytes, source);
  const auto text = [&](const char* key) {
    const auto found = in.metadata().find(key);
    return found == in.metadata().end() ? std::string() : found->second;
  };
  if (text("format") != kFormat) {
    throw Error(ErrorCode::kBadInput, source + " holds no partial sums",
                std::string("a safetensors file of format ") + kFormat);
  }
  if (text("format_version") != kVersion) {
    throw Error(ErrorCode::kBadInput,
                source + " was written by another version of headscope, as version " +
                    text("format_version"),
                std::string("version ") + kVersion);
  }
  const Json described = parse_json(text("partial"), source);
  Partial out(parse_model(object_field(described, "model", source), source),
              parse_record(object_field(described, "settings", source), source),
              load_stacks(described, in), in.has("grammar.words"));
  for (const auto& statistics : out.statistics_) {
    statistics->load(in.within(prefix_of(statistics->heads())));
  }
  if (out.grammar_) out.grammar_->load(in);
  if (out.links_) out.links_->load(in);
  out.segments_ = load_lines(in, "covered");
  out.texts_ = load_lines(in, "predictive.covered");
  return out;
}

std::vector<HeadReport> CorpusReport::heads() const {
  std::vector<HeadReport> out = statistics().report(thresholds());
  for (size_t h = 0; grammar() && h < out.size(); ++h) out[h].grammar = grammar()->relations(h);
  for (size_t s = 1; s < partial->stacks(); ++s) {
    for (HeadReport& head : statistics(s).report(thresholds())) out.push_back(std::move(head));
  }
  return out;
}

bool in_sample(const SegmentName& name, double rate) {
  Digest digest;
  digest.add(name.partition);
  digest.add(std::to_string(name.line));
  const Digest::Bytes bytes = digest.finish();
  double place = 0;  // in [0, 1), by the first 48 bits
  for (size_t k = 6; k-- > 0;) place = (place + bytes[k]) / 256;
  return place < rate;
}

}  // namespace headscope
