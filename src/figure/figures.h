// One function a view: a state and a source → the figure. draw_figure() chooses among them.
#pragma once

#include <string>
#include <vector>

#include "figure/measures.h"
#include "figure/ramp.h"
#include "figure/sheet.h"
#include "headscope/figure.h"

namespace headscope {

struct FigureInput {
  const AttentionSource& source;
  const ViewState& state;
  const FigureOptions& options;
  const RunControl& control;
};

// What figures of one stack's maps or vectors begin with.
class StackFigure {
 protected:
  StackFigure(const FigureInput& input, bool signed_ramp)
      : input_(input),
        state_(input.state),
        info_(input.source.info()),
        palette_(input.state.theme),
        ramp_(palette_.dark, signed_ramp),
        stack_(stack_of(input.state, info_)) {}

  const StackInfo& stack() const { return info_.stacks[static_cast<size_t>(stack_)]; }
  double width(double default_mm) const {
    return input_.options.width_mm.value_or(default_mm) * kPxPerMm;
  }

  const FigureInput& input_;
  const ViewState& state_;
  const TraceInfo& info_;
  const Palette palette_;
  const Ramp ramp_;
  const int stack_;
};

Figure draw_head_figure(const FigureInput& input);
Figure draw_matrix_figure(const FigureInput& input);
Figure draw_model_figure(const FigureInput& input);
Figure draw_neuron_figure(const FigureInput& input);
Figure draw_map_figure(const FigureInput& input);

// The title that was asked for, else `name`; then the note, else the head's label and score on this
// text: "Layer 2, head 0: next token, .9998".
std::string title_of(const FigureInput& input, const std::string& name,
                     const std::vector<HeadRef>& heads);
// With the link and the command that make it again.
Figure finish_figure(Sheet sheet, const FigureInput& input, const std::string& title,
                     const std::string& caption, const std::string& description);

}  // namespace headscope
