// The ablation study of a corpus: samples segments, runs each under every head's ablation, resumes
// from its checkpoint with the same numbers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/ablation.h"
#include "headscope/corpus.h"

namespace headscope {

struct CorpusAblationSettings {
  std::vector<std::string> paths;
  std::optional<CorpusFormat> format;  // default: by extension
  SegmentOptions segments;
  int64_t sample = 32;  // segments, evenly spaced
  AblationKind kind = AblationKind::kZero;
};

// What a model predicts by; the first that is there is asked.
struct WordPredictors {
  MaskedPredictor* masked = nullptr;
  NextPredictor* next = nullptr;
};

class CorpusAblation {
 public:
  // Reads the corpus. Throws Error(kBadInput): nothing to analyse, or a text that cannot be taken,
  // naming file and line; Error(kUsage, HS-CAP-02) without a predictor.
  CorpusAblation(Runner& runner, WordPredictors predictors, CorpusAblationSettings settings,
                 const RunControl& control = {});
  ~CorpusAblation();

  int64_t segments() const;
  int64_t segments_done() const;
  const std::string& invalid_utf8() const;  // CorpusReader::invalid_utf8()

  // Runs to the end, or until cancelled (throws Error(kInterrupted); the sums stay whole).
  // `on_consistent` is called after each segment. Progress counts heads of all segments.
  void run(const RunControl& control = {}, const std::function<void()>& on_consistent = {});

  std::vector<HeadEffect> effects() const;
  // {model, fingerprint, mode, predicts, segments, settings, heads} (docs/formats.md).
  std::string json() const;

  // restore throws Error(kBadInput) naming `source` where it belongs to another run.
  std::string checkpoint() const;
  void restore(const std::string& checkpoint, const std::string& source);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headscope
