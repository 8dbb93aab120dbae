#include "figure/raster.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "figure/measures.h"
#include "figure/png.h"
#include "figure/svg.h"

namespace headscope {
namespace {

std::vector<uint8_t> indices_of(const Raster& raster, const Ramp& ramp) {
  std::vector<uint8_t> out;
  out.reserve(raster.values.size());
  for (const double value : raster.values) out.push_back(ramp.index(value));
  return out;
}

std::string rectangle(double x, double y, double width, double height) {
  return "M" + svg_number(x) + " " + svg_number(y) + "h" + svg_number(width) + "v" +
         svg_number(height) + "h" + svg_number(-width) + "z";
}

}  // namespace

void draw_image(const std::string& id, const Raster& raster, const Box& box, const Ramp& ramp,
                Scene& scene) {
  scene.add(
      ImageMark{box.x, box.y, box.width, box.height,
                palette_png(raster.cols, raster.rows, indices_of(raster, ramp), ramp.colours())},
      id);
}

void draw_cells(const std::string& id, const Raster& raster, const Box& box, const Ramp& ramp,
                Scene& scene) {
  if (std::max(raster.rows, raster.cols) > kVectorCells) {
    return draw_image(id, raster, box, ramp, scene);
  }
  const std::vector<uint8_t> indices = indices_of(raster, ramp);
  const double w = box.width / static_cast<double>(raster.cols);
  const double h = box.height / static_cast<double>(raster.rows);
  std::array<std::string, 256> paths;  // one a colour: neighbours of a colour are one rectangle
  for (int64_t r = 0; r < raster.rows; ++r) {
    const uint8_t* row = indices.data() + r * raster.cols;
    for (int64_t c = 0, end = 0; c < raster.cols; c = end) {
      end = c + 1;
      while (end < raster.cols && row[end] == row[c]) ++end;
      if (row[c] == ramp.nothing()) continue;
      paths[row[c]] +=
          rectangle(box.x + static_cast<double>(c) * w, box.y + static_cast<double>(r) * h,
                    static_cast<double>(end - c) * w, h);
    }
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].empty()) continue;
    scene.add(PathMark{paths[i], ramp.colour(static_cast<uint8_t>(i))},
              id + "-" + std::to_string(i));
  }
}

void draw_hatching(const std::string& id, const std::vector<uint8_t>& hidden, int64_t rows,
                   int64_t cols, const Box& box, const Palette& palette, Scene& scene) {
  constexpr double kApart = 5;
  const double w = box.width / static_cast<double>(cols),
               h = box.height / static_cast<double>(rows);
  const auto step = static_cast<int64_t>(std::max(1.0, std::round(kApart / w)));
  const auto at = [&](int64_t r, int64_t c) { return hidden[static_cast<size_t>(r * cols + c)]; };
  std::string d;
  // Lines follow the diagonals of cells, so that none enters a cell that is not hidden.
  for (int64_t shift = -(rows - 1); shift < cols; ++shift) {
    if (shift % step != 0) continue;
    const int64_t last = std::min(rows, cols - shift);
    for (int64_t r = std::max<int64_t>(0, -shift), end = 0; r < last; r = end + 1) {
      end = r;
      while (end < last && at(end, end + shift)) ++end;
      if (end == r) continue;
      d += "M" + svg_number(box.x + static_cast<double>(r + shift) * w) + " " +
           svg_number(box.y + static_cast<double>(r) * h) + "l" +
           svg_number(static_cast<double>(end - r) * w) + " " +
           svg_number(static_cast<double>(end - r) * h);
    }
  }
  if (d.empty()) return;
  scene.add(PathMark{d, "none", {std::string(palette.muted), 0.4, 0.7}}, id);
}

double draw_ramp(const Ramp& ramp, double x, double y, const MapColours::Legend& legend,
                 const Palette& palette, Scene& scene) {
  constexpr double kWidth = 96, kHeight = 8;
  constexpr int kSteps = 48;
  const std::string ink(palette.muted);
  scene.add(small_text(x, y + 7, legend.low, ink));
  x += room_for(legend.low, kSmall) + 4;
  for (int i = 0; i < kSteps; ++i) {
    const double width = kWidth / kSteps;
    scene.add(
        PathMark{rectangle(x + i * width, y, width, kHeight),
                 ramp.colour(static_cast<uint8_t>((i * 255 + (kSteps - 1) / 2) / (kSteps - 1)))});
  }
  scene.add(PathMark{rectangle(x, y, kWidth, kHeight), "none", {ink, 0.5}});
  x += kWidth + 4;
  const std::string end = legend.high + (legend.note.empty() ? "" : " (" + legend.note + ")");
  scene.add(small_text(x, y + 7, end, ink));
  return x + room_for(end, kSmall);
}

std::string outline(const Box& box) { return rectangle(box.x, box.y, box.width, box.height); }

}  // namespace headscope
