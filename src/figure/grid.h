// A grid of heads: layers downwards, heads across, both named. Model view, pattern map and the map
// of a comparison stand on it. A model of many layers and few heads has them in several blocks side
// by side, which fill the width of a page better than one tall block.
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

// Where a grid may stand, px.
struct GridRoom {
  double x = 0, top = 0;
  double width = 0;
  double tall = 880;     // a page
  double under = 0;      // room for a line of text below each cell
  double most = 1e9;     // a cell's width
  double readable = 28;  // cells are not made narrower than this to keep to `tall`
};

class HeadGrid {
 public:
  // The heads of `stack` that the state's grid shows. Throws Error(kUsage) where that is none.
  HeadGrid(const StackInfo& stack, const ViewState& state);

  const std::vector<HeadId>& heads() const { return heads_; }  // in (layer, head) order
  // Square cells, as large as the room allows, in as many blocks as make them largest.
  void lay_out(const GridRoom& room);
  double cell() const { return cell_; }
  Box box(HeadId id) const;
  double bottom() const;
  void draw_axes(const Palette& palette, Scene& scene) const;

 private:
  size_t blocks() const { return (layers_.size() + rows_ - 1) / rows_; }
  double block_left(size_t block) const;

  std::vector<HeadId> heads_;
  std::vector<int> layers_;   // with attention, ascending
  std::vector<int> columns_;  // head numbers, ascending
  size_t rows_ = 1;           // layers of a block
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
