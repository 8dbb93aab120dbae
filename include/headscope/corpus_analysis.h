// Statistics and labels of every head over a corpus: reads it, runs the model in batches, adds up,
// keeps checkpoints, writes the report, merges shards.
//
// Goals: a killed run resumes and ends with the same numbers to the bit; shards merge to the
// numbers of one run within 1e-9; memory independent of the corpus's size. Non-goals: opening
// models, drawing, the terminal.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/analysis.h"
#include "headscope/corpus.h"
#include "headscope/grammar.h"
#include "headscope/run_control.h"
#include "headscope/runner.h"

namespace headscope {

struct CorpusSettings {
  std::vector<std::string> paths;
  std::optional<CorpusFormat> format;  // default: by extension
  SegmentOptions segments;
  std::optional<int64_t> sample;  // segments, evenly spaced
  bool zero_segment_ids = false;
  int64_t predictive = 0;  // pattern 5 on this many single sentences of 10 to 20 word pieces
  int64_t shard = 0;       // segments k with k mod shards = shard, after sampling
  int64_t shards = 1;
  Thresholds thresholds;
};

// What the analysis asks of a model. `predictor` may be null where predictive is 0; `embeddings`
// null: related is undefined; no `probe`: induction and duplicate are undefined.
struct CorpusEngine {
  Runner& runner;
  MaskedPredictor* predictor = nullptr;
  const Embeddings* embeddings = nullptr;
  std::optional<TokenSequence> probe;
};

// What the corpus holds, known before the model runs.
struct CorpusScan {
  int64_t texts = 0, documents = 0, segments = 0;
  int64_t skipped = 0;           // texts without tokens
  int64_t without_heads = 0;     // sentences of a treebank that have no HEADs
  int64_t sentences = 0;         // candidates of pattern 5
  int64_t sampled_segments = 0;  // of the whole run, all shards
  int64_t sampled_sentences = 0;
  std::string invalid_utf8;  // CorpusReader::invalid_utf8()
  std::string hash;          // of all texts and document boundaries
};

// The result of a run, or of shards merged.
struct CorpusReport {
  ModelInfo model;
  std::string settings;  // JSON object
  bool zero_segment_ids = false;
  Thresholds thresholds;
  std::shared_ptr<const Statistics> statistics;
  std::shared_ptr<const Grammar> grammar;  // null where nothing was annotated
  bool partial = false;                    // one shard of several: the JSON holds the sums

  // With their grammar.
  std::vector<HeadReport> heads() const;
};

class CorpusAnalysis {
 public:
  // Reads the corpus once. Throws Error(kBadInput): nothing to analyse, or a text that cannot be
  // taken, naming file and line; Error(kUsage): options that do not fit.
  CorpusAnalysis(CorpusEngine engine, CorpusSettings settings, const RunControl& control = {});
  ~CorpusAnalysis();

  const CorpusScan& scan() const;
  int64_t segments() const;       // of this shard
  int64_t segments_done() const;  // so far
  int64_t sentences() const;      // pattern 5, of this shard
  int64_t sentences_done() const;

  // Each runs to its end, or until cancelled (throws Error(kInterrupted); the sums stay whole).
  // `rest` is called whenever they are whole: the time for a checkpoint. Progress counts segments,
  // or sentences.
  void run_segments(const RunControl& control = {}, const std::function<void()>& rest = {});
  void run_predictive(const RunControl& control = {}, const std::function<void()>& rest = {});

  // The state as JSON. restore throws Error(kBadInput) naming `source` and the first setting that
  // differs where it belongs to another run.
  std::string checkpoint() const;
  void restore(const std::string& checkpoint, const std::string& source);

  CorpusReport report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Keeps PATH.partial while a run lasts: written at its first rest, then so seldom that it costs
// less than 2 % of the time. Writing is atomic.
class Checkpoints {
 public:
  explicit Checkpoints(const std::string& path);
  // Restores `analysis` where there is a checkpoint; false where there is none.
  bool resume(CorpusAnalysis& analysis) const;
  void rest(const CorpusAnalysis& analysis);   // writes when it is time
  void write(const CorpusAnalysis& analysis);  // writes now
  void remove() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  double written_ = -1, cost_ = 0;  // seconds on a steady clock
};

// The report as JSON (docs/formats.md): settings, thresholds, notes, heads, similarity, and for a
// shard `partial`.
std::string report_json(const CorpusReport& report);

struct ReportFile {
  std::string name;
  std::string json;
};
// The shards of one run as the report of that run. Throws Error(kBadInput) naming the file: no
// shard's report, another model, other settings, a shard missing or given twice.
CorpusReport merge_reports(const std::vector<ReportFile>& parts);

}  // namespace headscope
