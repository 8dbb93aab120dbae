#include "headscope/partial.h"

#include "corpus/settings.h"
#include "format/arrays.h"
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
  out.put(prefix + ".range_partition", {rows}, std::move(partition));
  out.put(prefix + ".range", {rows, 2}, std::move(range));
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

std::vector<HeadId> load_heads(const ArrayReader& in) {
  const std::vector<int64_t> ids = in.integers("heads", {-1, 2});
  std::vector<HeadId> out;
  for (size_t h = 0; 2 * h < ids.size(); ++h) {
    for (const int64_t number : {ids[2 * h], ids[2 * h + 1]}) {
      if (number < 0 || number > 1'000'000) in.refuse("heads", std::to_string(number));
    }
    out.push_back({static_cast<int>(ids[2 * h]), static_cast<int>(ids[2 * h + 1])});
  }
  return out;
}

// JSON is what older versions wrote for checkpoints.
void refuse_other_formats(std::string_view bytes, const std::string& source) {
  if (bytes.substr(0, 1) != "{") return;
  throw Error(ErrorCode::kBadInput,
              source + " is JSON: the checkpoint of an older version of headscope, or none",
              "a partial result of this version", "Remove it, or write to another file");
}

}  // namespace

Partial::Partial(ModelInfo model, CorpusRecord record, std::vector<HeadId> heads, bool treebank,
                 const Embeddings* embeddings)
    : model_(std::move(model)),
      record_(std::move(record)),
      embeddings_(embeddings),
      statistics_(std::make_unique<Statistics>(heads, options_of(record_, embeddings))),
      grammar_(treebank ? std::make_unique<Grammar>(heads) : nullptr) {}

void Partial::add(const AttentionSource& source, const SegmentName& name,
                  std::span<const DependencyTree> trees) {
  segments_.add(name);
  statistics_->add(source, name);
  if (!grammar_) return;
  for (const DependencyTree& tree : trees) grammar_->add(source, 0, tree);
}

void Partial::add_predictive(const AttentionSource& source, const std::vector<double>& contribution,
                             const SegmentName& name) {
  texts_.add(name);
  statistics_->add_predictive(source, contribution, name);
}

void Partial::set_probe(const AttentionSource& source) { statistics_->set_probe(source); }

void Partial::restore(Partial saved, const std::string& source) {
  if (saved.statistics_->heads() != statistics_->heads() ||
      (saved.grammar_ != nullptr) != (grammar_ != nullptr)) {
    throw Error(
        ErrorCode::kBadInput,
        source + ": partial sums of " + std::to_string(saved.statistics_->heads().size()) +
            " heads" + (saved.grammar_ ? " with grammar" : ""),
        std::to_string(statistics_->heads().size()) + " heads" + (grammar_ ? " with grammar" : ""));
  }
  statistics_ = std::move(saved.statistics_);
  statistics_->set_embeddings(embeddings_);
  grammar_ = std::move(saved.grammar_);
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
  if ((grammar_ != nullptr) != (other.grammar_ != nullptr)) {
    throw Error(ErrorCode::kBadInput,
                source + (other.grammar_ ? " counts" : " does not count") + " grammar",
                "the same in every part", kAction);
  }
  statistics_->merge(*other.statistics_);
  if (grammar_) grammar_->merge(*other.grammar_);
  segments_.merge(other.segments_);
  texts_.merge(other.texts_);
  if (!record_.scan.hash.empty()) return;
  CorpusScan& scan = record_.scan;
  const CorpusScan& more = other.record_.scan;
  for (int64_t CorpusScan::* count :
       {&CorpusScan::texts, &CorpusScan::documents, &CorpusScan::segments, &CorpusScan::skipped,
        &CorpusScan::without_heads, &CorpusScan::sentences, &CorpusScan::sampled_segments,
        &CorpusScan::sampled_sentences}) {
    scan.*count += more.*count;
  }
}

std::string Partial::bytes() const {
  ArrayWriter out;
  statistics_->save(out);
  if (grammar_) grammar_->save(out);
  save_lines(segments_, "covered", out);
  save_lines(texts_, "predictive.covered", out);
  const Json described = {{"model", model_json(model_)}, {"settings", record_json(record_)}};
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
              parse_record(object_field(described, "settings", source), source), load_heads(in),
              in.has("grammar.words"));
  out.statistics_->load(in);
  if (out.grammar_) out.grammar_->load(in);
  out.segments_ = load_lines(in, "covered");
  out.texts_ = load_lines(in, "predictive.covered");
  return out;
}

std::vector<HeadReport> CorpusReport::heads() const {
  std::vector<HeadReport> out = statistics().report(thresholds());
  for (size_t h = 0; grammar() && h < out.size(); ++h) out[h].grammar = grammar()->relations(h);
  return out;
}

bool in_sample(const SegmentName& name, double rate) {
  // FNV-1a, then the finaliser of SplitMix64 (Steele, Lea, Flood 2014), so that lines that follow
  // each other fall anywhere.
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name.partition + '\n' + std::to_string(name.line)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  hash ^= hash >> 31;
  return static_cast<double>(hash >> 11) < rate * 9007199254740992.0;  // 2^53
}

}  // namespace headscope
