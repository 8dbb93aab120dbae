#include "figure/compare_map.h"

#include <algorithm>
#include <cmath>

#include "figure/grid.h"
#include "figure/measures.h"
#include "figure/raster.h"

namespace headscope {
namespace {

constexpr double kLine = 11;      // of the list
constexpr double kMostCell = 20;  // of the map

double largest_of(const Comparison& found) {
  double most = 0;
  for (const HeadDifference& head : found.heads) {
    if (std::isfinite(head.js)) most = std::max(most, head.js);
  }
  return most;
}

void draw_cells(const Comparison& found, HeadId drawn, double most, const HeadGrid& grid,
                const Ramp& ramp, const Palette& palette, Scene& scene) {
  for (const HeadDifference& head : found.heads) {
    const Box box = grid.box(head.id);
    const uint8_t index = ramp.index(most > 0 && std::isfinite(head.js) ? head.js / most : 0);
    scene.add(RectMark{box.x, box.y, box.width, box.height, ramp.colour(index)},
              "map-" + to_string(head.id));
    scene.add(PathMark{outline(box), "none", {std::string(palette.hairline), 0.5}});
  }
  const Box box = grid.box(drawn);
  scene.add(PathMark{outline({box.x - 1, box.y - 1, box.width + 2, box.height + 2}),
                     "none",
                     {std::string(palette.ink), 1.5}});
}

// Names and divergences in two columns; returns the bottom.
double draw_list(const Comparison& found, const ComparedSide& left, HeadId drawn, double x,
                 double y, const Palette& palette, Scene& scene) {
  const size_t listed = std::min(kListedHeads, found.heads.size());
  double numbers = 80;
  for (size_t i = 0; i < listed; ++i) {
    const HeadDifference& head = found.heads[i];
    numbers = std::max(numbers, room_for(name_of(head, left), kSmall, Weight::kBold) + 10 +
                                    room_for(divergence_words(head.js), kSmall));
  }
  for (size_t i = 0; i < listed; ++i) {
    const HeadDifference& head = found.heads[i];
    TextMark name = small_text(x, y, name_of(head, left), palette.ink);
    name.bold = head.id == drawn;
    scene.add(name);
    scene.add(small_text(x + numbers, y, divergence_words(head.js), palette.ink, Anchor::kEnd));
    y += kLine;
  }
  return y;
}

}  // namespace

double draw_difference_map(const Comparison& found, const ComparedSide& left, HeadId drawn,
                           const MapRoom& room, const Palette& palette, Scene& scene) {
  HeadGrid grid(left.info.stacks[static_cast<size_t>(left.stack)], ViewState());
  const double most = largest_of(found);
  scene.add(
      panel_name(room.x + kMargin, room.top + kSmall, "How far every head differs", palette.ink));
  const double top = room.top + 18;
  const double below =
      46 + (most > 0 && !room.list_beside
                ? kLine * static_cast<double>(std::min(kListedHeads, found.heads.size()))
                : 0);
  grid.lay_out({.x = room.x,
                .top = top,
                .width = room.width,
                .tall = std::max(180.0, room.tall - below),
                .most = kMostCell,
                .readable = 9});
  grid.draw_axes(palette, scene);
  const Ramp ramp(palette.dark, false);
  draw_cells(found, drawn, most, grid, ramp, palette, scene);
  const double legend = grid.bottom() + 6;
  if (most == 0) {
    scene.add(small_text(room.x + kMargin, legend + 7, "No head differs.", palette.muted));
    return legend + 12;
  }
  draw_ramp(ramp, room.x + kMargin, legend, {"0", divergence_words(most) + " nats", ""}, palette,
            scene);
  if (!room.list_beside) {
    return draw_list(found, left, drawn, room.x + kMargin, legend + 22, palette, scene);
  }
  const double list =
      draw_list(found, left, drawn, room.x + room.width + kBetween, top + 4, palette, scene);
  return std::max(legend + 16, list);
}

}  // namespace headscope
