// Heads, their labels and scores as a reader at the terminal sees them. The same numbers as JSON
// and CSV come from headscope/statistics.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headscope/runner.h"
#include "headscope/statistics.h"

namespace headscope::cli {

struct HeadTables {
  const std::vector<HeadReport>& heads;
  bool article = false;      // the model is the article's: its heads are marked
  bool one_text = true;      // evidence is told by position in the text
  bool byte_tokens = false;  // ModelInfo::byte_tokens

  // Layers × heads, the best label of each as a glyph, in colour where the terminal has it; then
  // the legend of the glyphs that occur.
  void print_map() const;
  // For every pattern the `count` best heads, and the article's with its rank.
  void print_best(size_t count) const;
  // The `count` heads with the highest score.
  void print_ranking(Score score, size_t count) const;
  // One head in full: labels with evidence and exceptions, every score, where it looks.
  void print_head(const HeadReport& head) const;
};

// A label ("same-word") or score ("same_elsewhere"). Throws Error(kUsage) naming both kinds.
Score parse_pattern(const std::string& name);
// The weights are those of the article, by name and shape.
bool is_article_model(const ModelInfo& model, const std::vector<HeadReport>& heads);
// The label in words, as its detail has it: "same word incl. itself".
std::string label_words(const std::string& name, const LabelDetail& detail);
// "0.998", "-" where undefined.
std::string score_text(double value, int decimals = 3);
// Each note as a paragraph, folded to the terminal.
void print_notes(const std::vector<std::string>& notes);

}  // namespace headscope::cli
