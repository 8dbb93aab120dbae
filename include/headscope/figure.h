// Figures: a ViewState and an AttentionSource → SVG. The same state and version give the same
// bytes on every machine: text stays text, its widths come from a table in the library (Liberation
// Sans, metric-compatible with Arial and Helvetica), never from the machine's fonts.
//
// Now: the head view (the article's figure). Non-goals: PDF and PNG are made from the SVG by edges.
#pragma once

#include <map>
#include <optional>
#include <string>
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
};

// One drawn line.
struct FigureEdge {
  int panel = 0;
  HeadRef head;      // the first of a combination
  std::string name;  // "L2H0", "mean of L2H0, L2H6", "rollout to layer 2"
  int query = 0;     // token indices
  int key = 0;
  float weight = 0;  // the value of the state's quantity; scores may be negative
  double width = 0;  // px
  double opacity = 0;
};

struct Figure {
  std::string svg;
  std::string caption;
  std::string description;  // <desc>: the picture in words
  std::vector<FigureEdge> edges;
  std::vector<std::string> warnings;
};

// Throws Error(kUsage): a view, option, head, pin or filter that is not available here; a width
// that cannot hold the columns (the message says the least width).
// Rollout and flow want a source of theirs: quantity_source() of headscope/flow.h.
Figure draw_figure(const AttentionSource& source, const ViewState& state,
                   const FigureOptions& options = {}, const RunControl& control = {});

}  // namespace headscope
