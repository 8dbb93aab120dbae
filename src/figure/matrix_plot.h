// One matrix of a matrix figure: cells, hatching of what the mask hides, the column of the sinks,
// numbers in large cells, tokens along both axes.
#pragma once

#include <cstdint>
#include <vector>

#include "figure/colour_scale.h"
#include "figure/palette.h"
#include "figure/picture_axes.h"
#include "figure/ramp.h"
#include "figure/scene.h"
#include "figure/series.h"
#include "headscope/run_control.h"

namespace headscope {

// What a matrix is of.
struct MatrixPlot {
  Series series;
  Tile tile;                 // pooled where the text is long
  std::vector<float> sinks;  // [queries]; empty where rows have none
  std::vector<uint8_t>
      hidden;  // [rows, cols of the tile] 1 = the mask of every head hides the cell
  std::vector<float> row_largest;  // [rows of the tile] over all keys; empty where no colour asks
};

// What all matrices of a figure have in common. px.
struct MatrixLook {
  const ViewState& state;
  const PictureAxes& axes;  // of the part that is shown
  const Palette& palette;
  const Ramp& ramp;
  const RunControl& control;
  MapColours colours;
  double cell = 0;           // a row or column of the axes
  double left = 0, top = 0;  // room of the tokens
  double name = 0;           // room of the matrix's own name above them; 0 = it has none
  bool sinks = false;        // a column right of the keys
};

inline constexpr double kSink = 10, kSinkGap = 5;  // px: the sinks' column, and its distance

// [rows, cols of the tile] 1 where the masks of all heads of `series` hide every weight of the
// cell.
std::vector<uint8_t> hidden_cells(const Series& series, const Tile& tile, const PictureAxes& axes,
                                  const TraceInfo& info, Quantity quantity);
// 1: every token is named; n: every n-th is, with its index, where letters would touch.
inline constexpr double kTickRow = 9.5;  // px
int64_t named_step(double cell);
// With its upper left corner, that of its tokens' room, at (x, y).
void draw_matrix(const MatrixPlot& plot, const MatrixLook& look, double x, double y, Scene& scene);

}  // namespace headscope
