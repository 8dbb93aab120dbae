// Where things stand in a head figure: rows, columns, lines, bars. All in px (96 an inch).
#pragma once

#include <algorithm>
#include <vector>

#include "figure/links.h"
#include "figure/measures.h"

namespace headscope {

inline constexpr double kGap = 6, kBar = 64;
inline constexpr double kMostToken = 100;  // longer tokens are cut in the middle

// Rows are 15 px, closer where more than 48 tokens would leave the page.
struct Rows {
  explicit Rows(size_t count);
  double height = 15;
  double text = 9.5;
};

// Items of the axes that are drawn, ascending: all, or those that a line ends at.
struct DrawnItems {
  std::vector<size_t> queries, keys;
  size_t most() const { return std::max(queries.size(), keys.size()); }
};

// A panel's columns, from its left edge.
struct Columns {
  double bars_end = 0;    // right edge of the query tokens' bars
  double query_end = 0;   // right edge of the query tokens
  double x1 = 0, x2 = 0;  // ends of the lines
  double key_start = 0;
  double bars_start = 0;  // left edge of the key tokens' bars
  double width = 0;
};

// One entry of `pins` a panel. Every panel has lines of the same length; bars take their room
// beside the column that they measure. Throws Error(kUsage) with the least width where `width`
// cannot hold the columns.
std::vector<Columns> lay_out_columns(const PictureAxes& axes, const DrawnItems& drawn,
                                     const std::vector<std::vector<Pin>>& pins, const Rows& rows,
                                     double width);

}  // namespace headscope
