// Everything that Statistics keeps, and the pieces that add to, read and store it.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/evidence.h"
#include "analysis/head_sums.h"
#include "format/arrays.h"
#include "headscope/statistics.h"

namespace headscope {

// Pattern 5: one unit (a sentence; for one text a query) of
// X[h] = Σ (A − Ā) C⁺ / Σ_i max_j C⁺.
struct PredictiveUnit {
  SegmentName text;
  int64_t unit = 0;
  double best = 0;                           // Σ_i max_j C⁺
  int64_t queries = 0;                       // words i
  std::array<double, kOffsets> by_offset{};  // Σ C⁺ by clip(j − i, ±10)
  std::vector<double> looked;                // [heads] Σ A C⁺
};

// The scores that are measured on the probe.
inline constexpr std::array kProbeScores = {Score::kInduction, Score::kDuplicate};

struct Sums {
  StackHeads of;  // the stack and its heads, H
  int64_t segments = 0, tokens = 0, words = 0;
  bool causal = false;         // of the stack: no query sees a later key (StackInfo::causal())
  std::vector<HeadSums> head;  // [heads]
  std::vector<HeadEvidence> evidence;  // [heads]

  std::unordered_map<std::string, size_t> vocabulary;  // token → row of `attended`
  std::vector<std::string> token;
  std::vector<std::vector<double>> attended;  // [tokens][heads] Σ mass from word queries
  std::vector<int64_t> occurrences;           // [tokens]

  std::vector<double> js;  // [heads, heads], upper triangle: Σ over rows
  double js_rows = 0;

  std::vector<PredictiveUnit> predictive;  // sorted by (text, unit)
  // The baseline by distance: Σ A [heads] and the number of word pairs, by clipped offset.
  std::vector<std::array<double, kOffsets>> by_distance;
  std::array<double, kOffsets> distance_pairs{};

  std::vector<std::array<RatioSums, kProbeScores.size()>> probe;  // [heads], empty = not measured

  size_t heads() const { return of.heads.size(); }
  HeadRef head_ref(size_t h) const { return {of.stack, of.heads[h]}; }
  void reset(StackHeads stack_heads);  // no sums, of these heads
  size_t intern(const std::string& token_text);
  void sort_predictive();
  void merge(const Sums& other);
};

// The rows of a segment of n queries and m keys that the divergences are averaged over: all, or
// `at_most` (> 0), or what fits into memory.
std::vector<int64_t> similarity_rows(int64_t segment, int64_t n, int64_t m, size_t heads,
                                     int64_t at_most);
// Adds Jensen–Shannon divergences of all pairs of heads. maps [heads, rows, m] and kRowSlack more.
void add_similarity(const float* maps, size_t rows, size_t m, Sums& sums);
void add_predictive_units(const AttentionSource& source, const std::vector<double>& contribution,
                          const SegmentName& text, bool single_text, Sums& sums);
// X of a head as a ratio over its units.
RatioSums predictive_ratio(const Sums& sums, size_t head);

// Tokens around an example, with the attention on them; `window` false: the two tokens only, as in
// cross-attention, where they stand in different texts.
void add_words(Example& example, const AttentionSource& source, HeadRef head, bool window);

std::vector<HeadReport> make_report(const Sums& sums, const Thresholds& thresholds);

// Every sum under its name (docs/formats.md). load_sums replaces the sums of the same heads; throws
// Error(kBadInput) where an array is missing, of another shape or of other heads.
void save_sums(const Sums& sums, ArrayWriter& out);
void load_sums(const ArrayReader& in, Sums& sums);

}  // namespace headscope
