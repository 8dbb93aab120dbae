#include "figure/head_layout.h"

#include <algorithm>
#include <cmath>

#include "figure/svg.h"
#include "headscope/error.h"

namespace headscope {

namespace {

constexpr double kLeastLine = 60;  // between the columns

bool pins_a(const std::vector<Pin>& pins, PinSide side) {
  return std::any_of(pins.begin(), pins.end(), [side](const Pin& p) { return p.side == side; });
}

double column(const PictureAxis& axis, const std::vector<size_t>& drawn, double size) {
  double width = 24;
  for (const size_t i : drawn) width = std::max(width, room_for(axis.items[i].text, size));
  return std::min(width, kMostToken);
}

}  // namespace

Rows::Rows(size_t count) {
  constexpr double kColumn = 48 * 15, kLeast = 9;
  height = std::clamp(kColumn / static_cast<double>(std::max<size_t>(count, 1)), kLeast, 15.0);
  text = std::clamp(height * 0.85, kSmall, 9.5);
}

std::vector<Columns> lay_out_columns(const PictureAxes& axes, const DrawnItems& drawn,
                                     const std::vector<std::vector<Pin>>& pins, const Rows& rows,
                                     double width) {
  const double left = column(axes.queries, drawn.queries, rows.text);
  const double right = column(axes.keys, drawn.keys, rows.text);
  const double heading = room_for(kKeyHeading, kSmall);
  std::vector<Columns> out;
  const auto count = static_cast<double>(pins.size());
  double fixed = 2 * kMargin + (count - 1) * kBetween;
  for (const std::vector<Pin>& pinned : pins) {
    Columns c;
    c.bars_end = pins_a(pinned, PinSide::kKey) ? kBar : 0;
    c.query_end = c.bars_end + (c.bars_end > 0 ? kGap : 0) + left;
    c.bars_start = right + kGap;  // counted from key_start until that is known
    c.width = std::max(pins_a(pinned, PinSide::kQuery) ? c.bars_start + kBar : right, heading);
    fixed += c.query_end + 2 * kGap + c.width;
    out.push_back(c);
  }
  const double line = (width - fixed) / count;
  if (!(line >= kLeastLine)) {
    throw Error(ErrorCode::kUsage, "--width-mm " + svg_number(width / kPxPerMm),
                "at least " + svg_number(std::ceil((fixed + count * kLeastLine) / kPxPerMm)));
  }
  for (Columns& c : out) {
    c.x1 = c.query_end + kGap;
    c.x2 = c.x1 + line;
    c.key_start = c.x2 + kGap;
    c.bars_start += c.key_start;
    c.width += c.key_start;
  }
  return out;
}

}  // namespace headscope
