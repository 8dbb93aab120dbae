// What the colours of a raster are relative to: the same for matrices and for thumbnails of heads.
// Lines take their ink from `scale` alone (strength in links.h).
// Twin of web/src/ui/colours.ts; tests/data/colour_scales.json holds both to the same rule.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "headscope/tile.h"
#include "headscope/view_state.h"

namespace headscope {

enum class ColourScale { kCommon, kOwn, kRow, kLog };

// `items`: of the longer axis of the whole map. Where the state names neither colours nor a scale,
// maps of more than 64 items are logarithmic.
ColourScale colour_scale(const ViewState& state, size_t items);

// Where the logarithmic scale begins, relative to its largest: a tenth of what even attention over
// `items` keys gives to each, rounded to one digit. What lies below has no colour.
double log_floor(size_t items);

// The largest finite |x| of the tile's row; 0 where it has none.
double largest_of_row(const Tile& tile, size_t row);

class MapColours {
 public:
  MapColours(const ViewState& state, size_t items);

  // What the colours are relative to: 1 for weights, else the largest |x| shown.
  double largest = 1;
  std::string largest_is = "the largest shown";

  ColourScale scale() const { return scale_; }
  // `largest`, or the tile's own where every head is drawn against its own.
  double relative_to(const Tile& tile) const;
  // [rows * cols] of the tile: 0 … 1, negative where the value is; 0 for what is not finite.
  // `row_largest` [rows]: the largest weight of each row over all keys, for the scale kRow; empty
  // where the tile has its rows whole and unpooled, or pooled by their largest.
  std::vector<double> strengths(const Tile& tile, const std::vector<float>& row_largest = {}) const;
  // Of a share of a row, which is relative to 1 whatever the map is of.
  double strength_of_share(double share) const;

  // The ends of the colour bar, and why the scale is no linear one ("" for a linear one).
  struct Legend {
    std::string low, high, note;
  };
  Legend legend() const;
  // "Linear scale;": an account of what is drawn follows.
  std::string words() const;

 private:
  double strength(double relative, double relative_row) const;

  bool signed_, automatic_;
  size_t items_;
  ColourScale scale_;
  double floor_;
};

}  // namespace headscope
