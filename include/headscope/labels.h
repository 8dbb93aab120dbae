// Labels: one row says when a head gets a label and how it is shown, for the rule itself, the
// terminal, reports and the wire. What the scores mean: docs/patterns.md; the thresholds' numbers:
// headscope/thresholds.h.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "headscope/scores.h"

namespace headscope {

// Families share a tint; the glyph tells their labels apart, so that nothing depends on colour
// alone.
enum class LabelFamily { kPositional, kLexical, kDelimiter, kDiffuse, kMixed };
std::string_view name_of(LabelFamily family);  // "positional"

// One condition: score ≥ threshold.
struct LabelBound {
  // Where another threshold counts: segments shorter than short-tokens on average, or fewer texts
  // of pattern 5 than predictive.sentences.
  enum class Scope { kNever, kShortSegments, kFewTexts };

  Score score = Score::kNext;
  std::string_view threshold = "";  // its name in Thresholds; "" = no condition
  Scope scope = Scope::kNever;
  std::string_view scope_threshold = "";
  bool may_be_undefined = false;  // the label is given then, as undecided
};

// Models whose heads may bear a label: causal ones see no later token.
enum class LabelModels { kAll, kCausal, kOthers };

struct LabelInfo {
  std::string_view name;   // as in JSON: "same-word"
  std::string_view glyph;  // one character wide
  LabelFamily family = LabelFamily::kMixed;
  std::string_view words;            // "next token", in running text
  std::string_view score;            // the score that it is drawn from, as in JSON
  std::optional<Score> evidence;     // whose examples are shown
  std::array<LabelBound, 2> bounds;  // all must hold; none = leaning only
  bool is_share = true;              // lift and number of queries must suffice, too
  std::string_view unless;           // not given beside this label, which stands before
  int leaning = 0;  // place among the leanings (threshold "leaning.NAME"), 0 = never one
  LabelModels models = LabelModels::kAll;

  bool holds_for(bool causal) const {
    return models == LabelModels::kAll || (models == LabelModels::kCausal) == causal;
  }
};

// In the order of docs/patterns.md; "mixed" (no label) is not among them.
std::span<const LabelInfo> label_table();
// The row of `name`; for "" and unknown names the row of "mixed".
const LabelInfo& label_info(std::string_view name);

}  // namespace headscope
