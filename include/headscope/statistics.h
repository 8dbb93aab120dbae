// Pattern statistics: for every head a share, its chance level, its lift, its evidence and its
// exceptions, on one text or on a corpus. docs/patterns.md has the definitions in words.
//
// Goals: exact sums that add (a resumed run, or shards merged, give the numbers of one run);
// nothing depends on the number of threads; memory independent of the number of segments.
// Non-goals: running models (that is a Runner), drawing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/head_report.h"
#include "headscope/run_control.h"
#include "headscope/runner.h"
#include "headscope/thresholds.h"

namespace headscope {

class ArrayReader;  // format/arrays.h
class ArrayWriter;

struct StatisticsOptions {
  bool single_text = false;  // standard errors and histograms over queries, not segments
  const Embeddings* embeddings = nullptr;  // absent: related is undefined
  bool similarity = true;                  // Jensen–Shannon divergences between all heads
  // They take at most this many rows of a segment, spread evenly; 0 = all that 256 MB hold (up to
  // 680 tokens of 144 heads). docs/decisions/050-similarity-rows.md has what sampling costs.
  int64_t similarity_rows = 0;
};

// C of pattern 5 for one text: [N, N], C[i,j] = log p(t_i | i masked) − log p(t_i | i, j masked);
// NaN off words and on the diagonal.
std::vector<double> predictive_contribution(MaskedPredictor& predictor, const TokenSequence& text,
                                            const RunControl& control = {});

// Sums over segments for the heads of one stack (heads_of()). Not thread-safe; add() spreads heads
// over threads itself.
class Statistics {
 public:
  Statistics(StackHeads heads, StatisticsOptions options);
  Statistics(const Statistics&) = delete;
  ~Statistics();

  void set_embeddings(const Embeddings* embeddings);
  // Adds one segment. Cross-attention (keys of another text than the queries) has the scores that
  // docs/patterns.md names for it; the others stay undefined. After a cancelled add() the sums are
  // no longer whole: discard them.
  void add(const AttentionSource& source, const SegmentName& segment,
           const RunControl& control = {});
  // Adds a text of pattern 5 with its C.
  void add_predictive(const AttentionSource& source, const std::vector<double>& contribution,
                      const SegmentName& text);
  // A repeated random text, which induction and duplicate are measured on.
  void set_probe(const AttentionSource& source);
  bool has_probe() const;
  // Sums add, in any order; the probe, the same in all parts of a run, is taken from the first that
  // has it. Throws Error(kBadInput) when the heads differ.
  void merge(const Statistics& other);

  int64_t segments() const;
  int64_t tokens() const;
  int64_t word_queries() const;
  double mean_tokens() const;
  const StackHeads& heads() const;

  std::vector<HeadReport> report(const Thresholds& thresholds) const;

  struct Similarity {
    std::string stack;  // as HeadReport::stack
    std::vector<HeadId> heads;
    std::vector<double> js;  // [n, n] mean Jensen–Shannon divergence, nats
    std::vector<double> xy;  // [n, 2] classical MDS of √js
  };
  Similarity similarity() const;  // empty where not collected

  // Every sum, exactly, as named arrays of a Partial (headscope/partial.h). load() replaces what is
  // there; throws Error(kBadInput) where the arrays do not fit these heads.
  void save(ArrayWriter& out) const;
  void load(const ArrayReader& in);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a reader of these statistics must be told (docs/patterns.md, "What would mislead").
// `family`: of the model (ModelInfo); some families tell their sentences apart by segment ids.
std::vector<std::string> reading_notes(const Statistics& statistics,
                                       const std::vector<HeadReport>& heads,
                                       std::string_view family, bool zero_segment_ids);
// The families whose models add an embedding of the segment id: of others nothing is to be said.
bool reads_segment_ids(std::string_view family);

}  // namespace headscope
