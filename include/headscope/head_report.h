// The report of one head: scores with chance and error, labels with their evidence.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "headscope/grammar.h"
#include "headscope/scores.h"
#include "headscope/trace_info.h"

namespace headscope {

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

// Names a segment: its number in the run or, in a partial (headscope/partial.h), partition and
// line.
struct SegmentName {
  SegmentName(int64_t number = 0) : line(number) {}  // NOLINT: a number is a name
  SegmentName(std::string of, int64_t number) : partition(std::move(of)), line(number) {}
  std::string partition;
  int64_t line = 0;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
  // By hand: Emscripten's library has no <=> of strings.
  friend bool operator<(const SegmentName& x, const SegmentName& y) {
    return std::tie(x.partition, x.line) < std::tie(y.partition, y.line);
  }
};

// The texts of a segment that the model read.
struct SegmentText {
  std::string a;
  std::optional<std::string> b;
};

// One query as evidence. Positions are tokens of the segment.
struct Example {
  double share = 0;  // of the query's attention, on the pattern's keys
  SegmentName segment;
  std::shared_ptr<const SegmentText> text;  // null for a single text, which is known anyway
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
  std::string stack;    // "decoder"; "" where the model has one stack
  bool causal = false;  // it sees no later token: LabelInfo::models
  HeadId id;
  std::vector<std::string> labels;             // best first
  std::vector<std::string> leaning;            // below the line
  std::vector<std::string> too_few;            // would be a label but for too few queries
  std::map<std::string, LabelDetail> details;  // of labels and leaning
  std::array<ScoreResult, kScoreCount> scores;
  double distance = kUndefined;  // mean Σ_j a·|j−i| over word queries
  double reach = kUndefined;     // mean |j−i| of the heaviest key
  double entropy = kUndefined;   // nats
  // Mean mass of a word query by key − query, −10 … +10; all three undefined in cross-attention.
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

  std::string name() const { return head_name(stack, id); }  // "decoder.L2H0"
};
inline constexpr std::array<std::string_view, 9> kClarkNames = {
    "self",        "next",    "previous",   "cls",        "sep",
    "punctuation", "entropy", "sep_to_sep", "cls_entropy"};

}  // namespace headscope
