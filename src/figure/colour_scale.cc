#include "figure/colour_scale.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "figure/head_legend.h"
#include "figure/svg.h"

namespace headscope {
namespace {

constexpr size_t kLogAbove = 64;

double largest_of(const Tile& tile) {
  double most = 0;
  for (size_t row = 0; row < static_cast<size_t>(tile.rows); ++row) {
    most = std::max(most, largest_of_row(tile, row));
  }
  return most;
}

}  // namespace

ColourScale colour_scale(const ViewState& state, size_t items) {
  if (state.colours == Colours::kOwn) return ColourScale::kOwn;
  // Scores have two signs: no logarithm, and the largest that pooling keeps is not the largest in
  // size.
  if (state.quantity == Quantity::kScore || state.colours == Colours::kCommon) {
    return ColourScale::kCommon;
  }
  if (state.colours == Colours::kLog) return ColourScale::kLog;
  if (state.scale == Scale::kRow) return ColourScale::kRow;
  const bool log = state.scale == Scale::kLog || items > kLogAbove;
  return log ? ColourScale::kLog : ColourScale::kCommon;
}

double log_floor(size_t items) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0e", 0.1 / static_cast<double>(std::max(items, kLogAbove)));
  return std::strtod(text, nullptr);
}

double largest_of_row(const Tile& tile, size_t row) {
  const auto width = static_cast<size_t>(tile.cols);
  double most = 0;
  for (size_t i = row * width; i < (row + 1) * width; ++i) {
    const double v = static_cast<double>(tile.values[i]);
    if (std::isfinite(v)) most = std::max(most, std::abs(v));
  }
  return most;
}

MapColours::MapColours(const ViewState& state, size_t items)
    : signed_(state.quantity == Quantity::kScore),
      automatic_(state.colours == Colours::kAuto && state.scale == Scale::kLinear),
      items_(items),
      scale_(colour_scale(state, items)),
      floor_(log_floor(items)) {}

double MapColours::strength(double relative, double relative_row) const {
  const double a = std::abs(relative);
  switch (scale_) {
    case ColourScale::kRow:
      return relative_row > 0 ? std::min(1.0, a / relative_row) : 0;
    case ColourScale::kLog:
      return a > 0 ? std::clamp(1 - std::log10(a) / std::log10(floor_), 0.0, 1.0) : 0;
    case ColourScale::kCommon:
    case ColourScale::kOwn:
      break;
  }
  return std::min(1.0, a);
}

double MapColours::relative_to(const Tile& tile) const {
  const double own = scale_ == ColourScale::kOwn ? largest_of(tile) : 0;
  return own > 0 ? own : largest;
}

std::vector<double> MapColours::strengths(const Tile& tile,
                                          const std::vector<float>& row_largest) const {
  const double most_shown = relative_to(tile);
  const auto width = static_cast<size_t>(tile.cols);
  std::vector<double> out;
  out.reserve(tile.values.size());
  double most = 0;
  for (size_t i = 0; i < tile.values.size(); ++i) {
    if (scale_ == ColourScale::kRow && i % width == 0) {
      const size_t row = i / width;
      most =
          (row_largest.empty() ? largest_of_row(tile, row) : double{row_largest[row]}) / most_shown;
    }
    const double v = static_cast<double>(tile.values[i]);
    const double s = std::isfinite(v) ? strength(v / most_shown, most) : 0;
    out.push_back(v < 0 ? -s : s);
  }
  return out;
}

double MapColours::strength_of_share(double share) const { return strength(share, 1); }

MapColours::Legend MapColours::legend() const {
  const std::string minus = signed_ ? "−" : "";
  const std::string most = largest == 1 ? "1" : short_number(largest);
  switch (scale_) {
    case ColourScale::kOwn:
      return {signed_ ? minus : "0", "each head’s largest", ""};
    case ColourScale::kRow:
      return {"0", "row’s largest", ""};
    case ColourScale::kLog:
      return {"≤ " + (largest == 1 ? svg_number(floor_, 9) : short_number(floor_ * largest)), most,
              automatic_ ? "log, because of " + std::to_string(items_) + " tokens" : "log"};
    case ColourScale::kCommon:
      break;
  }
  return {signed_ ? minus + most : "0", most, ""};
}

std::string MapColours::words() const {
  const std::string relative =
      largest == 1 ? "" : " of |x| / " + short_number(largest) + ", " + largest_is;
  switch (scale_) {
    case ColourScale::kOwn:
      return "Linear scale, each head drawn against its largest value;";
    case ColourScale::kRow:
      return "Each row drawn against its largest value;";
    case ColourScale::kLog:
      return "Logarithmic scale" + relative + (largest == 1 ? " from " : ", from ") +
             svg_number(floor_, 9) + " to 1" +
             (automatic_ ? ", because of " + std::to_string(items_) + " tokens;" : ";");
    case ColourScale::kCommon:
      break;
  }
  return "Linear scale" + relative + ";";
}

}  // namespace headscope
