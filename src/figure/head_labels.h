// The patterns of heads on a figure's own text, as titles, grids and maps name them. Only what the
// source itself tells: related words and the probe need a model and are left to `patterns`.
#pragma once

#include <string>
#include <vector>

#include "figure/figures.h"
#include "headscope/head_report.h"
#include "headscope/labels.h"

namespace headscope {

struct HeadLabel {
  HeadId id;
  const LabelInfo* label = nullptr;  // the best; the row of "mixed" where it has none
  double score = kUndefined;         // what the label is drawn from
};

// Of `heads` (all of one stack), in their order; empty where queries and keys are other tokens.
std::vector<HeadLabel> head_labels(const FigureInput& input, int stack,
                                   const std::vector<HeadId>& heads);

// ".99", "1.0"; "–" where undefined.
std::string score_words(double score);

}  // namespace headscope
