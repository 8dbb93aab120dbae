// Figures of every view: a ViewState and an AttentionSource → SVG. The same state and version give
// the same bytes on every machine: text stays text, its widths come from a table in the library
// (Liberation Sans, metric-compatible with Arial and Helvetica), never from the machine's fonts.
//
// Non-goals: fonts. PDF and PNG are made from the SVG by a FigurePrinter (headscope/print.h).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/run_control.h"
#include "headscope/view_state.h"

namespace headscope {

struct FigureOptions {
  std::optional<double> width_mm;     // default 85 (one column), 174 with both panels
  std::string title;                  // "" = "Layer 2, head 0"
  std::string note;                   // after the title, e.g. the head's label and score
  std::string output = "figure.svg";  // named in the printed command
  // How the printed command names the source: "demo" or a trace file; "" = by its texts, which the
  // model runs again under the trace's settings (TraceInfo::settings).
  std::string trace;
  std::string with_trace;    // the same of a comparison's right-hand side
  bool caption = true;       // false: in the metadata alone
  bool transparent = false;  // no paper behind the picture
};

// One drawn line.
struct FigureEdge {
  int panel = 0;
  HeadRef head;      // the first of a combination
  std::string name;  // "L2H0", "mean of L2H0, L2H6", "rollout to layer 2"
  int query = 0;     // token indices
  int key = 0;       // −1: the sink, which is no token
  float weight = 0;  // the value of the state's quantity; scores may be negative
  double width = 0;  // px
  double opacity = 0;
};

struct Figure {
  std::string svg;
  double width = 0, height = 0;  // px, 96 an inch
  std::string title;
  std::string caption;
  std::string description;  // <desc>: the picture in words
  std::string command;      // makes it again
  std::vector<FigureEdge> edges;
  std::vector<std::string> warnings;
};

// The views that have a figure, as ViewState::view names them; the last is "compare", of two
// sources.
std::span<const std::string_view> figure_views();

// By state.view: head, model, neuron, matrix, or map (labels of all heads).
// Throws Error(kUsage): a view, option, head, pin or filter that is not available here; a width
// that cannot hold the columns (the message says the least width).
// Rollout and flow want a source of theirs: quantity_source() of headscope/flow.h.
Figure draw_figure(const AttentionSource& source, const ViewState& state,
                   const FigureOptions& options = {}, const RunControl& control = {});

// The view "compare" of two sources: how much every head differs, and one head's difference, or
// both of its pictures side by side (state.both_panels). Throws as compare_sources() does.
Figure draw_comparison(const AttentionSource& left, const AttentionSource& right,
                       const ViewState& state, const FigureOptions& options = {},
                       const RunControl& control = {});

enum class FigureFormat { kSvg, kPdf, kPng };
std::string_view name_of(FigureFormat format);  // "pdf"
// Throws Error(kUsage) naming the formats.
FigureFormat parse_figure_format(const std::string& name);

struct PrintedFigure {
  std::string bytes;
  std::vector<std::string> warnings;  // letters that no font here has
};

// Makes files of figures. What needs fonts and libraries is not in the core: headscope/print.h has
// an implementation.
class FigurePrinter {
 public:
  virtual ~FigurePrinter() = default;
  // `png_scale`: pixels a px of the figure, 1 to 8. Title, caption and command are in the file.
  // Thread-safe. Throws Error(kUsage) for a picture that is too large for its format.
  virtual PrintedFigure print(const Figure& figure, FigureFormat format, int png_scale) const = 0;
};

}  // namespace headscope
