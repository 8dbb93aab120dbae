// A grid of heads: layers downwards, heads across, both named. Model view, pattern map and the map
// of a comparison stand on it.
#pragma once

#include <string>
#include <vector>

#include "figure/head_labels.h"
#include "figure/palette.h"
#include "figure/raster.h"
#include "figure/scene.h"
#include "headscope/trace_info.h"
#include "headscope/view_state.h"

namespace headscope {

class HeadGrid {
 public:
  // The heads of `stack` that the state's grid shows. Throws Error(kUsage) where that is none.
  HeadGrid(const StackInfo& stack, const ViewState& state);

  const std::vector<HeadId>& heads() const { return heads_; }  // in (layer, head) order
  // From (x, top) on; cells as wide as `width` allows, at most `most` px; `aspect` = height /
  // width; `under`: room for a line of text below each.
  void lay_out(double x, double width, double top, double aspect, double under, double most = 1e9);
  double cell() const { return cell_; }
  Box box(HeadId id) const;
  double bottom() const;
  void draw_axes(const Palette& palette, Scene& scene) const;

 private:
  std::vector<HeadId> heads_;
  std::vector<int> layers_;   // with attention, ascending
  std::vector<int> columns_;  // head numbers, ascending
  double left_ = 0, top_ = 0, cell_ = 0, tall_ = 0, under_ = 0;
};

// Glyph, words and number of heads of every label that occurs; from baseline y on. Returns where
// the next text may stand.
double draw_label_legend(const std::vector<HeadLabel>& labels, const Palette& palette, double y,
                         double width, Scene& scene);
// " 12 heads: next token (L2H0, L2H9, …); …", best first.
std::string label_words(const std::vector<HeadLabel>& labels);
// The tint of a label's family, stronger with the score.
std::string label_tint(const HeadLabel& label, const Palette& palette);

}  // namespace headscope
