#include "headscope/figure.h"

#include <array>
#include <iterator>

#include "figure/command.h"
#include "figure/figures.h"
#include "figure/head_labels.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr struct {
  std::string_view view;
  Figure (*draw)(const FigureInput&);
} kViews[] = {{"head", draw_head_figure},
              {"model", draw_model_figure},
              {"neuron", draw_neuron_figure},
              {"matrix", draw_matrix_figure},
              {"map", draw_map_figure}};

}  // namespace

std::span<const std::string_view> figure_views() {
  static constexpr auto kNames = [] {
    std::array<std::string_view, std::size(kViews) + 1> names;
    for (size_t i = 0; i < std::size(kViews); ++i) names[i] = kViews[i].view;
    names.back() = "compare";
    return names;
  }();
  return kNames;
}

std::string title_of(const FigureInput& input, const std::string& name,
                     const std::vector<HeadRef>& heads) {
  const FigureOptions& options = input.options;
  std::string text = options.title.empty() ? name : options.title;
  if (!options.note.empty()) return text + ": " + options.note;
  const bool one_map = heads.size() == 1 && input.state.quantity == Quantity::kWeight;
  if (!options.title.empty() || !one_map) return text;
  const HeadRef head = heads.front();
  for (const HeadLabel& label : head_labels(input, head.stack, {head.id})) {
    if (label.label->name.empty()) return text;
    return text + ": " + std::string(label.label->words) + ", " + score_words(label.score);
  }
  return text;
}

Figure finish_figure(Sheet sheet, const FigureInput& input, const std::string& title,
                     const std::string& caption, const std::string& description) {
  const TraceInfo& info = input.source.info();
  const ViewState complete = complete_state(info, input.state);
  return std::move(sheet).finish({title, caption, description, to_link(complete),
                                  figure_command(complete, info, input.options)},
                                 input.options);
}

std::string_view name_of(FigureFormat format) {
  switch (format) {
    case FigureFormat::kSvg:
      return "svg";
    case FigureFormat::kPdf:
      return "pdf";
    case FigureFormat::kPng:
      break;
  }
  return "png";
}

FigureFormat parse_figure_format(const std::string& name) {
  for (const auto format : {FigureFormat::kSvg, FigureFormat::kPdf, FigureFormat::kPng}) {
    if (name == name_of(format)) return format;
  }
  throw Error(ErrorCode::kUsage, "a figure as '" + name + "'", "svg, pdf or png");
}

Figure draw_figure(const AttentionSource& source, const ViewState& state,
                   const FigureOptions& options, const RunControl& control) {
  const FigureInput input{source, state, options, control};
  if (!state.ablate.empty()) {
    throw Error(ErrorCode::kUsage, "heads to switch off in the state of a picture",
                "a source that was run with them switched off");
  }
  for (const auto& [view, draw] : kViews) {
    if (state.view == view) return draw(input);
  }
  std::string known;
  for (const auto& [view, draw] : kViews) known += std::string(view) + ", ";
  throw Error(ErrorCode::kUsage, "a " + state.view + " figure",
              known + "or compare, of two sources");
}

}  // namespace headscope
