// Widths of text without a font: advance widths of Liberation Sans (= Arial, Helvetica).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headscope {

enum class Weight { kRegular, kBold };

// px of `text` at `size` px. Wide scripts and emoji count one em, combining marks nothing.
double text_width(std::string_view text, double size, Weight weight = Weight::kRegular);
// Where a machine has neither Liberation Sans nor Arial, its substitute is up to so much wider
// (DejaVu Sans): the room that a text needs on every machine.
inline constexpr double kSubstitute = 1.16;
double room_for(std::string_view text, double size, Weight weight = Weight::kRegular);
// The text, cut in the middle with "…" so that it is at most `room` px wide. Of a text longer than
// 6 kB only 2 kB at either end are looked at.
std::string fit_text(const std::string& text, double room, double size);
// Lines of at most `room` px, broken at spaces; a longer word is broken anywhere.
std::vector<std::string> wrap_text(const std::string& text, double room, double size);

}  // namespace headscope
