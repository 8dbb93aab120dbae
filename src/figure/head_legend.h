// The legend of a head figure: the scale of the ink, what a negative value looks like, and a patch
// and a name for each series.
#pragma once

#include <vector>

#include "figure/palette.h"
#include "figure/scene.h"
#include "figure/series.h"
#include "headscope/view_state.h"

namespace headscope {

struct LegendInput {
  const ViewState& state;
  const std::vector<Series>& series;
  double largest = 1;  // what ink is relative to
  bool negative = false;
  double width = 0;  // px of the figure
};

// Draws it from baseline y; returns where the next text may stand.
double draw_legend(const LegendInput& input, const Palette& palette, double y, Scene& out);

// "3.217", four significant digits; the same on every machine.
std::string short_number(double value);

}  // namespace headscope
