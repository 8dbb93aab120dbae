// Partial: the sums of a run over some lines of a corpus, with its model and settings, as a
// value. Partials of different lines merge, in any order and tree, to the numbers of one run over
// all the lines (within 1e-9, which is what the order of additions changes).
//
// A worker that has a few lines of a large corpus makes a Partial of them without knowing the rest:
// each line is named by its partition and its number there, and in_sample() tells by the name alone
// whether a sample takes it. `analyze --shard` and its checkpoints are Partials, too.
//
// Non-goals: reading corpora, running models. Rejected: sums inside JSON (tens of MB that were
// printed to be parsed again), structs written as bytes (two exchanged fields merge in silence).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/corpus.h"
#include "headscope/grammar.h"
#include "headscope/link_statistics.h"
#include "headscope/statistics.h"

namespace headscope {

// Which links of a corpus are measured: those that its lines name, or a treebank's relation.
struct LinkChoice {
  std::string relation;       // "": the lines' own
  bool to_dependent = false;  // from the governing word to its dependent; else the other way

  friend bool operator==(const LinkChoice&, const LinkChoice&) = default;
};
// "file", "rel:nsubj", "rel:nsubj:head" (from the governing word). Throws Error(kUsage).
LinkChoice parse_link_choice(const std::string& text);
std::string to_string(const LinkChoice& choice);

struct CorpusSettings {
  std::vector<std::string> paths;
  std::optional<CorpusFormat> format;  // default: by extension
  SegmentOptions segments;
  std::optional<int64_t> sample;  // segments, evenly spaced
  bool zero_segment_ids = false;
  int64_t predictive = 0;  // pattern 5 on this many single sentences of 10 to 20 word pieces
  int64_t shard = 0;       // segments k with k mod shards = shard, after sampling
  int64_t shards = 1;
  std::optional<LinkChoice> links;
  Thresholds thresholds;
};

// Counts of the corpus, known before the model runs.
struct CorpusScan {
  int64_t texts = 0, documents = 0, segments = 0;
  int64_t skipped = 0;           // texts without tokens
  int64_t without_heads = 0;     // sentences of a treebank that have no HEADs
  int64_t sentences = 0;         // candidates of pattern 5
  int64_t links = 0;             // that the whole corpus names
  int64_t sampled_segments = 0;  // of the whole run, all shards
  int64_t sampled_sentences = 0;
  std::string invalid_utf8;  // CorpusReader::invalid_utf8()
  std::string hash;          // of all texts and document boundaries
};

// Of what, and how, a partial was computed.
struct CorpusRecord {
  CorpusSettings settings;
  CorpusScan scan;              // hash "": the workers have lines only, and counts add
  int64_t max_tokens = 0;       // of a segment
  int64_t similarity_rows = 0;  // StatisticsOptions::similarity_rows
};

// Whether a sample of the share `rate` of a corpus takes the line of this name: the same answer
// everywhere, for about rate · n of n lines.
bool in_sample(const SegmentName& name, double rate);

// Numbers of lines by partition, as ascending ranges.
class LineSet {
 public:
  bool contains(const SegmentName& name) const;
  // Throws Error(kBadInput) where the line is there already.
  void add(const SegmentName& name);
  // A line that both have; nullopt where there is none.
  std::optional<SegmentName> common(const LineSet& other) const;
  void merge(const LineSet& other);  // nothing in common
  int64_t size() const;
  const std::map<std::string, std::vector<Range>>& ranges() const { return ranges_; }
  // Ranges that are not empty, do not touch and ascend; false where they do not.
  bool add(const std::string& partition, Range range);

 private:
  std::map<std::string, std::vector<Range>> ranges_;
};

class Partial {
 public:
  // No line yet. `stacks`: those of the model (heads_of()), at least one. `treebank`: grammar of
  // the first stack is counted, too. `embeddings` null: related is undefined.
  Partial(ModelInfo model, CorpusRecord record, std::vector<StackHeads> stacks, bool treebank,
          const Embeddings* embeddings = nullptr);

  // Adds a segment, named by its first line, the trees of its text, which the first stack reads,
  // and its links, where the settings ask for them. Throws Error(kBadInput) where a segment of this
  // name is there already.
  void add(const AttentionSource& source, const SegmentName& name,
           std::span<const DependencyTree> trees = {}, std::span<const TokenLink> links = {});
  // Adds a text of pattern 5 with its C (predictive_contribution()) to the first stack.
  void add_predictive(const AttentionSource& source, const std::vector<double>& contribution,
                      const SegmentName& name);
  void set_probe(const AttentionSource& source);  // Statistics::set_probe of the first stack

  // Throws Error(kBadInput) naming `source`: another model, other settings, a line that both have.
  // Nothing changes then.
  void merge(const Partial& other, const std::string& source);

  // A safetensors file (docs/formats.md). parse throws Error(kBadInput) naming `source`.
  std::string bytes() const;
  static Partial parse(std::string_view bytes, const std::string& source);

  const ModelInfo& model() const { return model_; }
  const CorpusRecord& record() const { return record_; }
  const LineSet& segments() const { return segments_; }
  const LineSet& texts() const { return texts_; }  // of pattern 5
  size_t stacks() const { return statistics_.size(); }
  const Statistics& statistics(size_t stack = 0) const { return *statistics_[stack]; }
  const Grammar* grammar() const { return grammar_.get(); }  // null without annotation
  // Null where the settings ask for no links.
  const LinkStatistics* links() const { return links_ ? &*links_ : nullptr; }
  // Takes the sums and lines of `saved`, an earlier state of the same run. Throws Error(kBadInput)
  // naming `source` where its heads are others.
  void restore(Partial saved, const std::string& source);
  // As of the whole run, once all shards are merged.
  void set_whole() { record_.settings.shard = 0, record_.settings.shards = 1; }

 private:
  ModelInfo model_;
  CorpusRecord record_;
  const Embeddings* embeddings_ = nullptr;
  LineSet segments_, texts_;
  std::vector<std::unique_ptr<Statistics>> statistics_;  // of each stack
  std::unique_ptr<Grammar> grammar_;
  std::optional<LinkStatistics> links_;
};

// The report of a Partial.
struct CorpusReport {
  std::shared_ptr<const Partial> partial;

  const ModelInfo& model() const { return partial->model(); }
  const Statistics& statistics(size_t stack = 0) const { return partial->statistics(stack); }
  const Grammar* grammar() const { return partial->grammar(); }
  const LinkStatistics* links() const { return partial->links(); }
  bool zero_segment_ids() const { return partial->record().settings.zero_segment_ids; }
  const Thresholds& thresholds() const { return partial->record().settings.thresholds; }
  bool is_shard() const { return partial->record().settings.shards > 1; }
  std::vector<HeadReport> heads() const;  // of all stacks, with their grammar
};

}  // namespace headscope
