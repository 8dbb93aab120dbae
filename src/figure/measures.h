// Measures that all figures share, and the small text of their axes, legends and captions. px, 96
// an inch.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "figure/scene.h"
#include "figure/text_metrics.h"

namespace headscope {

inline constexpr double kPxPerMm = 96 / 25.4;
inline constexpr double kSmall = 8;  // 6 pt, the least that print allows
inline constexpr double kPanelName = 9.5;
inline constexpr double kMargin = 8;
inline constexpr double kBetween = 20;  // panels of one figure
inline constexpr const char* kQueryHeading = "Query: being updated";
inline constexpr const char* kKeyHeading = "Key: attended to";

inline TextMark small_text(double x, double y, std::string text, std::string_view colour,
                           Anchor anchor = Anchor::kStart) {
  return {x, y, std::move(text), kSmall, false, anchor, std::string(colour)};
}
// The name above a panel.
inline TextMark panel_name(double x, double y, std::string text, std::string_view colour) {
  return {x, y, std::move(text), kPanelName, true, Anchor::kStart, std::string(colour)};
}

}  // namespace headscope
