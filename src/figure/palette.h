// Ink: which colour, dash, width and opacity a head's lines have (ui: "Head identity", "Weight →
// ink"). A head is its number first: colour = number mod 8, dash = number / 8 mod 4.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "figure/scene.h"
#include "headscope/view_state.h"

namespace headscope {

struct Palette {
  bool dark = false;
  bool print = true;  // white panels, no tints, stronger thin lines
  std::string_view paper, ink, muted, hairline, pin, negative, positive;

  // No theme: print, as figures on paper are.
  explicit Palette(std::optional<Theme> theme);
  // No slot: the text colour, of what is no single head.
  std::string_view head(std::optional<size_t> slot) const;
  // Colour and dash of the slot.
  Stroke stroke(std::optional<size_t> slot) const;
  // Of negative values: dotted as no head is; orange where one series is drawn, else in its colour.
  Stroke negative_stroke(std::optional<size_t> slot, size_t series) const;
  // Of a difference: blue and solid above 0, orange and dashed below.
  Stroke difference_stroke(float value) const;
  // s = weight in [0, 1] after the scale; `heads` = number drawn.
  double opacity(double s) const;
};

// px; 6 for one head, thinner for many so that they stay apart.
double line_width(double s, size_t heads);
// px that head `rank` of `heads` is shifted, so that equal lines of two heads never coincide.
double lane(size_t rank, size_t heads);

}  // namespace headscope
