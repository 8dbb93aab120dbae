#include "figure/head_legend.h"

#include <algorithm>
#include <cmath>

#include "figure/links.h"
#include "figure/measures.h"
#include "figure/svg.h"

namespace headscope {
namespace {

constexpr double kLine = 13, kSample = 20;

// Places pieces from left to right, on a new line where one does not fit.
class Flow {
 public:
  Flow(double y, double width) : y_(y), width_(width) {}
  // Left edge of a piece of `size` px, followed by `gap`.
  double take(double size, double gap) {
    if (x_ > kMargin && x_ + size > width_ - kMargin) next_line();
    const double at = x_;
    x_ += size + gap;
    return at;
  }
  void next_line() {
    x_ = kMargin;
    y_ += kLine;
  }
  bool fits(double size) const { return x_ + size <= width_ - kMargin; }
  double y() const { return y_; }

 private:
  double x_ = kMargin, y_, width_;
};

// A piece of line with the ink of strength `s`.
void sample(Scene& out, const Palette& palette, double x, double y, double s, size_t drawn,
            Stroke stroke) {
  stroke.width = line_width(s, drawn);
  stroke.opacity = palette.opacity(s);
  out.add(PathMark{"M" + svg_number(x) + " " + svg_number(y - 2.8) + "h20", "none", stroke});
}

}  // namespace

std::string short_number(double value) {
  if (value == 0 || !std::isfinite(value)) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return svg_number(value, std::clamp(3 - magnitude, 0, 9));
}

double draw_legend(const LegendInput& input, const Palette& palette, double y, Scene& out) {
  const auto words = [&](double x, double at, const std::string& text) {
    out.add(small_text(x, at, text, palette.muted));
  };
  const Stroke muted{std::string(palette.muted)};
  Flow flow(y, input.width);
  const auto& names = words_of(input.state.quantity);
  const std::string title =
      std::string(names.one) + (input.state.scale == Scale::kRow ? " / row’s largest" : "");
  words(flow.take(room_for(title, kSmall), 6), y, title);
  const bool row = input.state.scale == Scale::kRow;
  for (const double v : {0.1, 0.5, 1.0}) {
    const double s = strength(v, input.state.scale, 1);
    const std::string number =
        row || input.largest == 1 ? svg_number(v) : short_number(v * input.largest);
    const double room = std::max(18.0, room_for(number, kSmall) + 4);
    const double x = flow.take(kSample + 3 + room, 3);
    sample(out, palette, x, flow.y(), s, input.series.size(), muted);
    words(x + kSample + 3, flow.y(), number);
  }
  if (input.largest != 1) {
    const std::string most = "(largest |x|: " + short_number(input.largest) + ")";
    const double x = flow.take(room_for(most, kSmall), 6);
    words(x, flow.y(), most);
  }
  if (input.negative) {
    const std::string name = "negative";
    const double x = flow.take(kSample + 3 + room_for(name, kSmall), 6);
    const Stroke dotted = input.series.size() == 1
                              ? palette.negative_stroke({}, 1)
                              : Stroke{std::string(palette.muted), 1, 1, "2 2"};
    sample(out, palette, x, flow.y(), 0.5, input.series.size(), dotted);
    words(x + kSample + 3, flow.y(), name);
  }
  flow.take(0, 6);
  double total = 0;
  for (const Series& one : input.series) total += std::max(52.0, room_for(one.name, kSmall) + 25);
  if (!flow.fits(total)) flow.next_line();
  for (const Series& one : input.series) {
    const double room = std::max(52.0, room_for(one.name, kSmall) + 25);
    const double x = flow.take(room - 2, 2);
    Stroke patch = palette.stroke(one.slot);
    patch.width = 8;
    out.add(
        PathMark{"M" + svg_number(x) + " " + svg_number(flow.y() - 2.8) + "h15", "none", patch});
    out.add(small_text(x + 19, flow.y(), one.name, palette.ink));
  }
  return flow.y() + 4;
}

}  // namespace headscope
