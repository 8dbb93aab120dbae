// How far every head of a comparison differs: a map of all heads and a list of the first ones.
#pragma once

#include "figure/compare_words.h"
#include "figure/palette.h"
#include "figure/scene.h"

namespace headscope {

// Where map and list stand, px.
struct MapRoom {
  double x = 0, top = 0, width = 0;
  double tall = 0;           // map and list together should be no taller
  bool list_beside = false;  // the list stands right of the map, not below it
};

// Returns the bottom of what it drew.
double draw_difference_map(const Comparison& found, const ComparedSide& left, HeadId drawn,
                           const MapRoom& room, const Palette& palette, Scene& scene);

}  // namespace headscope
