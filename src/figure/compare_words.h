// What the figure of a comparison says in words: the names of its sides, its caption, its
// description.
#pragma once

#include <string>
#include <vector>

#include "figure/caption.h"
#include "headscope/comparison.h"

namespace headscope {

// One side of a comparison: its trace, and which of its stacks is compared.
struct ComparedSide {
  const TraceInfo& info;
  int stack = 0;
};

// What a side has and the other has not, of model, text and heads switched off: "bert-base-cased",
// "L8H9 off"; empty where they have these in common.
std::string side_name(const ComparedSide& side, const ComparedSide& other);

// What a picture of two sides is of.
struct ComparisonFacts {
  ComparedSide left, right;
  const Comparison& found;
  const HeadDifference& head;  // the one that is drawn
  const ViewState& state;
  const PictureAxes& axes;
  const std::vector<PanelAccount>& panels;
};

std::string comparison_caption(const ComparisonFacts& facts);
std::string comparison_description(const ComparisonFacts& facts, const std::string& title);

// A divergence: four decimals, six where it is small; "–" where undefined.
std::string divergence_words(double js);
// "decoder.L2H0", "L2H0" where there is one stack.
std::string name_of(const HeadDifference& head, const ComparedSide& left);

inline constexpr size_t kListedHeads = 10;  // the description and the list name so many

}  // namespace headscope
