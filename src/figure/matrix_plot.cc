#include "figure/matrix_plot.h"

#include <algorithm>
#include <cmath>

#include "figure/head_labels.h"
#include "figure/measures.h"
#include "figure/raster.h"
#include "figure/svg.h"
#include "headscope/error.h"
#include "headscope/flow.h"

namespace headscope {
namespace {

constexpr double kValueCell = 24;  // smaller cells print no number

// Tokens that row or column `at` of `pixels` stands for.
Range tokens_of(const PictureAxis& axis, int64_t at, int64_t pixels) {
  const auto items = static_cast<int64_t>(axis.size());
  const int64_t first = at * items / pixels, end = (at + 1) * items / pixels;
  return {axis.items[static_cast<size_t>(first)].tokens.begin,
          axis.items[static_cast<size_t>(end - 1)].tokens.end};
}

bool sees(const MaskInfo& mask, Range queries, Range keys, int64_t all) {
  for (const int64_t q : {queries.begin, queries.end - 1}) {
    const Range seen = visible_keys(mask, q, all);
    if (seen.begin < keys.end && keys.begin < seen.end) return true;
  }
  return false;
}

class Drawing {
 public:
  Drawing(const MatrixPlot& plot, const MatrixLook& look, double x, double y, Scene& scene)
      : plot_(plot),
        look_(look),
        scene_(scene),
        box_{x + look.left, y + look.top, look.cell * static_cast<double>(look.axes.keys.size()),
             look.cell * static_cast<double>(look.axes.queries.size())},
        raster_{plot.tile.rows, plot.tile.cols,
                look.colours.strengths(plot.tile, plot.row_largest)} {}

  void draw(double x, double y) {
    if (look_.name > 0) {
      scene_.add(panel_name(x + look_.left, y + 9, plot_.series.name, look_.palette.ink));
    }
    draw_cells("cells-" + plot_.series.name, raster_, box_, look_.ramp, scene_);
    draw_hatching("hidden-" + plot_.series.name, plot_.hidden, plot_.tile.rows, plot_.tile.cols,
                  box_, look_.palette, scene_);
    draw_pins();
    scene_.add(PathMark{outline(box_), "none", {std::string(look_.palette.muted), 0.5}});
    draw_values();
    if (!plot_.sinks.empty()) draw_sinks();
    draw_axis(look_.axes.queries, PinSide::kQuery);
    draw_axis(look_.axes.keys, PinSide::kKey);
  }

 private:
  void draw_pins() {
    for (const Pin& pin : look_.state.pins) {
      const bool query = pin.side == PinSide::kQuery;
      const auto item = (query ? look_.axes.queries : look_.axes.keys).find(pin.index);
      if (!item) {
        throw Error(ErrorCode::kUsage,
                    "pinned token " + std::string(query ? "q" : "k") + std::to_string(pin.index),
                    "the index of a token that is shown");
      }
      const double at = static_cast<double>(*item) * look_.cell;
      const Box row = query ? Box{box_.x, box_.y + at, box_.width, look_.cell}
                            : Box{box_.x + at, box_.y, look_.cell, box_.height};
      scene_.add(PathMark{outline(row), "none", {std::string(look_.palette.negative), 1}});
    }
  }

  void draw_values() {
    const bool pooled = plot_.tile.rows < static_cast<int64_t>(look_.axes.queries.size());
    if (look_.cell < kValueCell || pooled) return;
    const bool weights = look_.colours.largest == 1;
    for (size_t i = 0; i < raster_.values.size(); ++i) {
      const double v = static_cast<double>(plot_.tile.values[i]);
      if (!std::isfinite(v) || (weights && v < 0.005)) continue;
      const std::string text = weights ? score_words(v) : svg_number(v, std::abs(v) < 10 ? 2 : 1);
      const size_t columns = static_cast<size_t>(plot_.tile.cols);
      const size_t below = i / columns, right = i % columns;
      const auto row = static_cast<double>(below), col = static_cast<double>(right);
      const bool light = look_.ramp.is_dark(look_.ramp.index(raster_.values[i]));
      scene_.add(small_text(box_.x + (col + 0.5) * look_.cell,
                            box_.y + (row + 0.5) * look_.cell + 2.9, text,
                            light ? "#FFFFFF" : "#1A1F26", Anchor::kMiddle));
    }
  }

  void draw_sinks() {
    Raster column{static_cast<int64_t>(plot_.sinks.size()), 1, {}};
    for (const float share : plot_.sinks) {
      column.values.push_back(look_.colours.strength_of_share(static_cast<double>(share)));
    }
    const Box beside{box_.x + box_.width + kSinkGap, box_.y, kSink, box_.height};
    draw_cells("sink-" + plot_.series.name, column, beside, look_.ramp, scene_);
    scene_.add(PathMark{outline(beside), "none", {std::string(look_.palette.muted), 0.5}});
    TextMark name = small_text(beside.x + kSink / 2 + 2.8, box_.y - 4, "sink", look_.palette.muted);
    name.turn = -90;
    scene_.add(name);
  }

  bool pinned(PinSide side, const PictureAxis& axis, size_t item) const {
    return std::any_of(look_.state.pins.begin(), look_.state.pins.end(), [&](const Pin& pin) {
      return pin.side == side && axis.find(pin.index) == item;
    });
  }

  void draw_axis(const PictureAxis& axis, PinSide side) {
    const auto step = static_cast<size_t>(named_step(look_.cell));
    const bool query = side == PinSide::kQuery;
    const double room = (query ? look_.left : look_.top - look_.name) / kSubstitute - 12;
    for (size_t i = 0; i < axis.size(); i += step) {
      look_.control.cancel.check();
      const AxisItem& item = axis.items[i];
      const std::string index = step > 1 ? std::to_string(item.tokens.begin) + " " : "";
      TextMark mark = small_text(0, 0, fit_text(index + item.text, room, kSmall), look_.palette.ink,
                                 query ? Anchor::kEnd : Anchor::kStart);
      mark.bold = pinned(side, axis, i);
      mark.isolate = true;
      const double middle = (static_cast<double>(i) + 0.5) * look_.cell;
      if (query) {
        mark.x = box_.x - 4;
        mark.y = box_.y + middle + 2.8;
      } else {
        mark.x = box_.x + middle + 2.8;
        mark.y = box_.y - 4;
        mark.turn = -90;
      }
      scene_.add(mark);
    }
    const std::string name = query ? kQueryHeading : kKeyHeading;
    const double length = query ? box_.height : box_.width;
    if (room_for(name, kSmall) > std::max(length, 60.0) + 60) return;
    TextMark heading = small_text(box_.x, box_.y, name, look_.palette.muted);
    if (query) {
      heading.x = box_.x - look_.left + 8;
      heading.y = box_.y + box_.height;
      heading.turn = -90;
    } else {
      heading.y = box_.y - look_.top + 8 + look_.name;
    }
    scene_.add(heading);
  }

  const MatrixPlot& plot_;
  const MatrixLook& look_;
  Scene& scene_;
  const Box box_;        // of the cells
  const Raster raster_;  // their ink
};

}  // namespace

std::vector<uint8_t> hidden_cells(const Series& series, const Tile& tile, const PictureAxes& axes,
                                  const TraceInfo& info, Quantity quantity) {
  std::vector<uint8_t> out(static_cast<size_t>(tile.rows * tile.cols), 0);
  if (is_of_layer(quantity)) return out;
  const int of = series.heads.front().stack;
  const StackInfo& stack = info.stacks[static_cast<size_t>(of)];
  const int64_t keys = info.tokens(of, Side::kKey).size();
  for (int64_t r = 0; r < tile.rows; ++r) {
    for (int64_t c = 0; c < tile.cols; ++c) {
      const bool seen =
          std::any_of(series.heads.begin(), series.heads.end(), [&](const HeadRef& head) {
            return sees(stack.layer(head.id.layer).rule.mask, tokens_of(axes.queries, r, tile.rows),
                        tokens_of(axes.keys, c, tile.cols), keys);
          });
      out[static_cast<size_t>(r * tile.cols + c)] = !seen;
    }
  }
  return out;
}

int64_t named_step(double cell) {
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(kTickRow / cell - 1e-9)));
}

void draw_matrix(const MatrixPlot& plot, const MatrixLook& look, double x, double y, Scene& scene) {
  Drawing(plot, look, x, y, scene).draw(x, y);
}

}  // namespace headscope
