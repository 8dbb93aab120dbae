// A matrix of numbers as marks: cells as vectors, or one PNG where there are too many.
#pragma once

#include <string>
#include <vector>

#include "figure/colour_scale.h"
#include "figure/palette.h"
#include "figure/ramp.h"
#include "figure/scene.h"

namespace headscope {

// More cells a side than this are one PNG inside the vector figure.
inline constexpr int64_t kVectorCells = 512;

struct Raster {
  int64_t rows = 0, cols = 0;
  std::vector<double> values;  // [rows, cols], on the ramp's scale; NaN is left blank
};
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

// `id` names the cells: "cells-L2H0". Cells with the colour of 0 are the paper.
void draw_cells(const std::string& id, const Raster& raster, const Box& box, const Ramp& ramp,
                Scene& scene);
// The same as one PNG, whatever its size.
void draw_image(const std::string& id, const Raster& raster, const Box& box, const Ramp& ramp,
                Scene& scene);

// Diagonal lines over the cells that `hidden` [rows, cols] marks, about `apart` px from each other.
void draw_hatching(const std::string& id, const std::vector<uint8_t>& hidden, int64_t rows,
                   int64_t cols, const Box& box, const Palette& palette, Scene& scene);

// A bar of the ramp with its ends named, its upper left corner at (x, y), 8 px tall; returns its
// right end, that of the note behind it where there is one.
double draw_ramp(const Ramp& ramp, double x, double y, const MapColours::Legend& legend,
                 const Palette& palette, Scene& scene);

// The outline of a box as path data.
std::string outline(const Box& box);

}  // namespace headscope
