// How labels are shown: glyph, family and words, one table for the terminal, reports and the wire.
// What a label means is analysis.h's; thresholds are data there.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headscope {

// Families share a tint; the glyph tells their labels apart, so nothing hangs on colour alone.
enum class LabelFamily { kPositional, kLexical, kDelimiter, kDiffuse, kMixed };
std::string_view name_of(LabelFamily family);  // "positional"

struct LabelInfo {
  std::string_view name;   // as in JSON: "same-word"
  std::string_view glyph;  // one character wide
  LabelFamily family;
  std::string_view words;  // "next token", in running text
  std::string_view score;  // the score that it is drawn from, as in JSON
};

// In the order of docs/patterns.md; "mixed" (no label) is not among them.
std::span<const LabelInfo> label_table();
// The row of `name`; for "" and unknown names the row of "mixed".
const LabelInfo& label_info(std::string_view name);

}  // namespace headscope
