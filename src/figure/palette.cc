#include "figure/palette.h"

#include <algorithm>
#include <cmath>

namespace headscope {

namespace {

// The least distance of two colours is 18.8 (OKLab ΔE × 100), 13.7 for colour-blind readers; the
// least contrast with the paper is 3.15.
constexpr std::string_view kSlots[2][8] = {
    {"#2F0FAF", "#FE5100", "#1EA381", "#BE63F8", "#5C678C", "#A3380C", "#2E2A00", "#6C0F5D"},
    {"#5151E7", "#D71908", "#2EBAA1", "#B782FD", "#B7E1FF", "#E28A25", "#FED917", "#8B6782"}};
constexpr std::string_view kDashes[4] = {"", "9 3", "4 2", "9 3 2 3"};

}  // namespace

Palette::Palette(std::optional<Theme> theme)
    : dark(theme == Theme::kDark),
      print(theme.value_or(Theme::kPrint) == Theme::kPrint),
      paper(dark ? "#14171C" : "#FFFFFF"),
      ink(dark ? "#E8ECF1" : "#1A1F26"),
      muted(dark ? "#A7B1BE" : "#55606E"),
      hairline(dark ? "#343C46" : "#D5DAE1"),
      pin(print  ? "none"
          : dark ? "#473A10"
                 : "#FFE9A8"),
      negative(dark ? "#F09A5B" : "#B5531A"),
      positive(dark ? "#6FB1EE" : "#1F6FB4") {}

std::string_view Palette::head(std::optional<size_t> slot) const {
  return slot ? kSlots[dark ? 1 : 0][*slot % 8] : ink;
}

Stroke Palette::negative_stroke(std::optional<size_t> slot, size_t series) const {
  return {std::string(series == 1 ? negative : head(slot)), 1, 1, "2 2"};
}

Stroke Palette::difference_stroke(float value) const {
  return value < 0 ? Stroke{std::string(negative), 1, 1, "5 3"} : Stroke{std::string(positive)};
}

Stroke Palette::stroke(std::optional<size_t> slot) const {
  return {std::string(head(slot)), 1, 1, std::string(slot ? kDashes[*slot / 8 % 4] : "")};
}

double Palette::opacity(double s) const { return print ? 0.35 + 0.65 * s : 0.15 + 0.85 * s; }

double line_width(double s, size_t heads) {
  constexpr double kThin = 0.6, kThick = 6;
  const double most =
      heads == 1 ? kThick : std::max(2.0, kThick / std::sqrt(static_cast<double>(heads)));
  return kThin + (most - kThin) * s;
}

double lane(size_t rank, size_t heads) {
  const auto m = static_cast<double>(heads);
  return (static_cast<double>(rank) - (m - 1) / 2) * std::min(3.0, 14 / m);
}

}  // namespace headscope
