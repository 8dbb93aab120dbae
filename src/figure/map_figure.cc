// The pattern map as a figure: the best label of every head on this text, as a glyph on the tint of
// its family, stronger with its score.
#include <cmath>

#include "figure/caption.h"
#include "figure/figures.h"
#include "figure/grid.h"
#include "figure/measures.h"
#include "headscope/error.h"

namespace headscope {

Figure draw_map_figure(const FigureInput& input) {
  const TraceInfo& info = input.source.info();
  const ViewState& state = input.state;
  const int stack = stack_of(state, info);
  const StackInfo& of = info.stacks[static_cast<size_t>(stack)];
  if (!of.square()) {
    throw Error(ErrorCode::kUsage, "a map of patterns between two different texts",
                "a stack whose queries and keys are the same tokens", "", "HS-CAP-01");
  }
  const Palette palette(state.theme);
  HeadGrid grid(of, state);
  const std::vector<HeadLabel> labels = head_labels(input, stack, grid.heads());
  const double width =
      input.options.width_mm.value_or(grid.heads().size() > 256 ? 174 : 85) * kPxPerMm;
  Sheet sheet(width, palette);
  const std::string name = "Patterns of " + std::to_string(labels.size()) + " heads" +
                           (info.stacks.size() > 1 ? " of the " + stack_words(of) : "");
  const std::string title = title_of(input, name, {});
  sheet.draw_title(title);
  grid.lay_out({.top = sheet.y(), .width = width, .most = 40});
  grid.draw_axes(palette, sheet.scene());
  const bool scores = grid.cell() >= 22;
  for (const HeadLabel& label : labels) {
    const Box box = grid.box(label.id);
    const std::string head = to_string(label.id);
    sheet.scene().add(RectMark{box.x, box.y, box.width, box.height, label_tint(label, palette), 2},
                      "map-" + head);
    if (label.label->family == LabelFamily::kMixed) {  // without a tint of its own
      sheet.scene().add(PathMark{outline(box), "none", {std::string(palette.hairline), 0.5}});
    }
    const double middle = box.x + box.width / 2;
    const bool score = scores && std::isfinite(label.score);
    sheet.scene().add(TextMark{middle, box.y + box.height / 2 + (score ? -0.5 : 3.2),
                               std::string(label.label->glyph), score ? 9.0 : 9.5, true,
                               Anchor::kMiddle, std::string(palette.ink)},
                      "label-" + head);
    if (!score) continue;
    sheet.scene().add(small_text(middle, box.y + box.height - 2, score_words(label.score),
                                 palette.ink, Anchor::kMiddle));
  }
  sheet.move_to(draw_label_legend(labels, palette, grid.bottom() + 14, width, sheet.scene()));
  const std::string caption = caption_of(
      info, stack, of_plain_weights(state), in_sentence(name) + " on this text",
      "Glyph: the head’s best pattern; tint: its family, stronger with the score. What needs the "
      "model (related words, induction) is not among them.");
  return finish_figure(std::move(sheet), input, title, caption,
                       title + ". Rows are layers, columns heads." + label_words(labels));
}

}  // namespace headscope
