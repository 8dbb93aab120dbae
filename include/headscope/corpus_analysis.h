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

#include "headscope/partial.h"
#include "headscope/run_control.h"
#include "headscope/runner.h"

namespace headscope {

// The parts of a model that the analysis needs. `predictor` may be null where predictive is 0;
// `embeddings` null: related is undefined; no `probe`: induction and duplicate are undefined.
struct CorpusEngine {
  Runner& runner;
  MaskedPredictor* predictor = nullptr;
  const Embeddings* embeddings = nullptr;
  std::optional<TokenSequence> probe;
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
  // `on_consistent` is called whenever the sums are whole: the time for a checkpoint. Progress
  // counts segments, or sentences.
  void run_segments(const RunControl& control = {},
                    const std::function<void()>& on_consistent = {});
  void run_predictive(const RunControl& control = {},
                      const std::function<void()>& on_consistent = {});

  // The bytes of a Partial. restore throws Error(kBadInput) naming `source` and the first setting
  // that differs where it belongs to another run.
  std::string checkpoint() const;
  void restore(const std::string& checkpoint, const std::string& source);

  CorpusReport report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Keeps PATH.partial while a run lasts: written when the sums are whole for the first time, then so
// seldom that it costs less than 2 % of the time. Writing is atomic.
class Checkpoints {
 public:
  explicit Checkpoints(const std::string& path);
  // Restores `analysis` where there is a checkpoint; false where there is none.
  bool resume(CorpusAnalysis& analysis) const;
  void update(const CorpusAnalysis& analysis);  // writes when it is time
  void write(const CorpusAnalysis& analysis);   // writes now
  void remove() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  double written_ = -1, cost_ = 0;  // seconds on a steady clock
};

}  // namespace headscope
