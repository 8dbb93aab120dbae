// Pattern statistics: for every head a share, its chance level, its lift, its evidence and its
// exceptions, on one text or on a corpus. docs/patterns.md has the definitions in words.
//
// Goals: exact sums that add (a resumed run, or shards merged, give the numbers of one run);
// nothing depends on the number of threads; memory independent of the number of segments.
// Non-goals: running models (that is a Runner), drawing.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/grammar.h"
#include "headscope/run_control.h"
#include "headscope/runner.h"

namespace headscope {

// Scores of a head. All but cross_preference, broad, sentence and predictive are shares: "of a
// query's attention, the part that goes to …", in [0, 1].
enum class Score {
  kNext,
  kPrevious,
  kSelf,
  kSameIncluding,      // another occurrence of the query's token, or the query itself
  kSameElsewhere,      // another occurrence
  kSameAcross,         // another occurrence in the other sentence; content queries if ≥ 3
  kSameAcrossContent,  // its two parts
  kSameAcrossAll,
  kCrossPreference,  // of the attention on other occurrences, the part in the other sentence
  kCls,
  kSep,
  kDelimiters,
  kPunctuation,
  kPiece,
  kRelated,  // content words whose centred embeddings have a cosine > .4
  kRelatedAcross,
  kBroad,       // entropy / ln N
  kSentence,    // mass on the own sentence × evenness in it
  kPredictive,  // pattern 5, in (−∞, 1]
  kInduction,   // on a repeated random text: the token after another occurrence
  kDuplicate    // … another occurrence
};
inline constexpr int kScoreCount = 21;
std::string_view name_of(Score score);  // as in JSON: "same_including_itself"
// Throws Error(kUsage) naming the known scores.
Score parse_score(std::string_view name);

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// NaN = undefined (null in JSON).
struct ScoreResult {
  double value = kUndefined;
  double chance = kUndefined;      // expected share when masses are shuffled within their class
  double lift = kUndefined;        // value / chance
  double z = kUndefined;           // (observed − expected) / sd; shown, never decides a label
  double se = kUndefined;          // standard error over segments (one text: over queries)
  double words_only = kUndefined;  // same numerator over the attention on words
  double uniform = kUndefined;     // what uniform attention gives on this text
  int64_t queries = 0;
};

// One query as evidence. Positions are tokens of segment `segment`.
struct Example {
  double share = 0;  // of the query's attention, on the pattern's keys
  int64_t segment = 0;
  int32_t query = 0;
  int32_t key = 0;    // examples: heaviest key of the pattern; exceptions: heaviest key of all
  double weight = 0;  // A[query, key]
  std::string query_token, key_token;
  int32_t start = 0;                // first token of the window; a single text has none
  std::vector<std::string> tokens;  // window that holds query and key
  std::vector<float> row;           // attention from the query to each token of the window
};

struct LabelDetail {
  double threshold = kUndefined;   // the line that the score was held against; leanings have none
  double confidence = kUndefined;  // Φ((S − threshold)/se), the smallest over the conditions
  bool near_line = false;
  bool undecided = false;    // other sentence: φ undefined on this text
  bool incl_itself = false;  // same word: the word itself draws much, too
  double obey = kUndefined;  // queries whose heaviest key is in the pattern's set; of `of`
  double of = kUndefined;
  double content_share = kUndefined;  // same word: part of the attention from content words
  std::vector<Example> examples;
  std::vector<Example> exceptions;
};

struct HeadReport {
  HeadId id;
  std::vector<std::string> labels;             // best first
  std::vector<std::string> leaning;            // below the line
  std::vector<std::string> too_few;            // would be a label but for too few queries
  std::map<std::string, LabelDetail> details;  // of labels and leaning
  std::array<ScoreResult, kScoreCount> scores;
  double distance = kUndefined;  // mean Σ_j a·|j−i| over word queries
  double reach = kUndefined;     // mean |j−i| of the heaviest key
  double entropy = kUndefined;   // nats
  std::array<double, 21> offsets{};
  struct Attended {
    std::string token;
    double mass = 0;  // mean over word queries, of a query's attention
    int64_t n = 0;    // occurrences of the token
  };
  std::vector<Attended> attended;  // at most 20
  // 20 bins over [0, 1] (predictive: [−1, 1]) of the score of a segment (one text: of a query).
  std::map<std::string, std::vector<int64_t>> histogram;
  std::array<double, 9> clark{};          // kClarkNames; Clark et al. 2019's own measures
  std::vector<RelationAccuracy> grammar;  // treebanks only
};
inline constexpr std::array<std::string_view, 9> kClarkNames = {
    "self",        "next",    "previous",   "cls",        "sep",
    "punctuation", "entropy", "sep_to_sep", "cls_entropy"};

// Thresholds of the labelling rule: one table of data (src/analysis/thresholds.cc).
class Thresholds {
 public:
  Thresholds();  // the calibrated table
  // A JSON object {name: number} that overrides entries. Throws Error(kBadInput) naming `source`.
  static Thresholds parse(const std::string& json, const std::string& source);
  double at(std::string_view name) const;
  const std::vector<std::pair<std::string, double>>& entries() const { return entries_; }
  std::string to_json() const;

 private:
  std::vector<std::pair<std::string, double>> entries_;
};

struct StatisticsOptions {
  int stack = 0;
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

// Sums over segments. Not thread-safe; add() spreads heads over threads itself.
class Statistics {
 public:
  Statistics(const StackInfo& stack, StatisticsOptions options);
  Statistics(const Statistics&) = delete;
  ~Statistics();

  void set_embeddings(const Embeddings* embeddings);
  // Adds one segment. Queries and keys must be the same tokens. After a cancelled add() the sums
  // are no longer whole: discard them.
  void add(const AttentionSource& source, int64_t segment, const RunControl& control = {});
  // Adds a text of pattern 5 with its C. `index` names it among the sample.
  void add_predictive(const AttentionSource& source, const std::vector<double>& contribution,
                      int64_t index);
  // Adds a repeated random text for induction and duplicate; a merged run adds it in one part only.
  void add_probe(const AttentionSource& source);
  // Sums add. Throws Error(kBadInput) when shapes differ.
  void merge(const Statistics& other);

  int64_t segments() const;
  int64_t tokens() const;
  int64_t word_queries() const;
  double mean_tokens() const;
  const std::vector<HeadId>& heads() const;

  std::vector<HeadReport> report(const Thresholds& thresholds) const;

  struct Similarity {
    std::vector<HeadId> heads;
    std::vector<double> js;  // [n, n] mean Jensen–Shannon divergence, nats
    std::vector<double> xy;  // [n, 2] classical MDS of √js
  };
  Similarity similarity() const;  // empty where not collected

  // JSON of the sums, exact; parse throws Error(kBadInput) naming `source`.
  std::string serialize() const;
  void restore(const std::string& json, const std::string& source);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// JSON array `heads` of design.md, and {heads, js, xy}; JSON texts.
std::string heads_json(const std::vector<HeadReport>& heads, bool clark);
// One head as the page asks for it: what a map shows of it, and all of its evidence (an entry of
// heads_json); JSON objects.
struct HeadText {
  HeadId id;
  std::string brief, whole;
};
std::vector<HeadText> head_texts(const std::vector<HeadReport>& heads, const std::string& stack);
// The first out of the second.
std::string brief_head(const std::string& whole, const std::string& stack);
// One line a head: labels and leanings joined by ";", every score with its chance, lift, z,
// standard error, queries and words-only share.
std::string heads_csv(const std::vector<HeadReport>& heads, bool clark);
std::string similarity_json(const Statistics::Similarity& similarity);
// What a reader of these statistics must be told (docs/patterns.md, "What would mislead").
std::vector<std::string> reading_notes(const Statistics& statistics,
                                       const std::vector<HeadReport>& heads, bool zero_segment_ids);

}  // namespace headscope
