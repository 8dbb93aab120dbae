// A scene as an SVG document: elements in the order they are drawn, numbers with at most two
// decimals (width and opacity of lines: seven), every string escaped, text as text.
#pragma once

#include <string>
#include <string_view>

#include "figure/scene.h"

namespace headscope {

// Decimal, trailing zeros dropped, never "-0"; the same on every machine.
std::string svg_number(double value, int decimals = 2);
// & < > " ' as entities; characters that XML 1.0 cannot hold and direction overrides as U+FFFD.
std::string xml_escape(std::string_view text);

std::string paint_svg(const Scene& scene);

}  // namespace headscope
