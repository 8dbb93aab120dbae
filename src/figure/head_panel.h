// One panel of a head view: two columns of tokens, the lines between them, bars that repeat the
// values of pinned tokens. Head and compare figures are made of these.
#pragma once

#include <vector>

#include "figure/caption.h"
#include "figure/head_layout.h"
#include "figure/links.h"
#include "figure/palette.h"
#include "figure/scene.h"
#include "headscope/figure.h"

namespace headscope {

// What all panels of a figure share.
struct HeadPicture {
  const PictureAxes& axes;
  const DrawnItems& drawn;
  const std::vector<Series>& series;
  const Palette& palette;
  const Rows& rows;
  const RunControl& control;
  bool difference = false;  // lines are right minus left: blue solid +, orange dashed −
};

struct HeadPanel {
  int number = 0;
  std::string name;  // above it; empty for the only one
  std::vector<Pin> pins;
  Columns columns;
  const LinkSet& links;
};

// Every item, or (--rows linked) those at the end of a line in one of the panels and the pinned
// ones.
DrawnItems drawn_items(const PictureAxes& axes, const ViewState& state,
                       const std::vector<PanelAccount>& panels);

// Draws it with its upper left corner at (x, y), adds its lines to `edges`, and returns its bottom.
double draw_head_panel(const HeadPicture& picture, const HeadPanel& panel, double x, double y,
                       Scene& scene, std::vector<FigureEdge>& edges);

}  // namespace headscope
