// Figures as PDF and PNG, through librsvg and cairo: the SVG as it is, its letters as text in the
// fonts of this machine, which PDF files carry with them.
//
// Goals: the same figure and fonts give the same bytes (no time of day is in the file); caption and
// command are the PDF's Subject and Keywords, and texts of the PNG.
// Non-goals: HTML, printers.
#pragma once

#include <memory>

#include "headscope/figure.h"

namespace headscope {

std::unique_ptr<FigurePrinter> make_figure_printer();

}  // namespace headscope
