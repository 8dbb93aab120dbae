// The head view as a figure: two token columns, lines whose width and opacity follow the weight,
// one panel or all words beside the pinned word.
#include <algorithm>
#include <limits>

#include "figure/caption.h"
#include "figure/figures.h"
#include "figure/head_legend.h"
#include "figure/head_panel.h"
#include "figure/sheet.h"
#include "figure/sinks.h"
#include "headscope/error.h"

namespace headscope {
namespace {

// Word “i”; Words “store” (5), “went”: the position where the token occurs twice.
std::string pinned_words(const PictureAxes& axes, const std::vector<Pin>& pins) {
  std::vector<std::string> words;
  for (const Pin& pin : pins) {
    const PictureAxis& axis = pin.side == PinSide::kQuery ? axes.queries : axes.keys;
    const AxisItem& item = axis.items[*axis.find(pin.index)];
    std::string word = "“" + shorten(item.text, kTextShown) + "”";
    const auto twice = std::count_if(axis.items.begin(), axis.items.end(),
                                     [&](const AxisItem& i) { return i.text == item.text; });
    if (twice > 1) word += " (" + std::to_string(item.tokens.begin) + ")";
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  std::string out = words.size() == 1 ? "Word " : "Words ";
  for (const std::string& word : words) out += (word == words.front() ? "" : ", ") + word;
  return out;
}

void check_pins(const PictureAxes& axes, const ViewState& state) {
  if (state.both_panels && state.pins.empty()) {
    throw Error(ErrorCode::kUsage, "--panels both without a pinned token", "--pin, e.g. --pin q1");
  }
  for (const Pin& pin : state.pins) {
    const bool query = pin.side == PinSide::kQuery;
    const PictureAxis& axis = query ? axes.queries : axes.keys;
    if (axis.find(pin.index)) continue;
    throw Error(ErrorCode::kUsage,
                "pinned token " + std::string(query ? "q" : "k") + std::to_string(pin.index),
                "the index of a token that is shown, below " +
                    std::to_string(axis.items.back().tokens.end));
  }
}

// What goes to the sinks, as a last key below the tokens.
void add_sinks(const AttentionSource& source, const std::vector<Series>& series,
               const ViewState& state, PictureAxes& axes, ShownValues& shown) {
  std::vector<std::vector<float>> shares;
  for (const Series& one : series) shares.push_back(sink_shares(source, one, axes, state));
  if (std::all_of(shares.begin(), shares.end(), [](const auto& s) { return s.empty(); })) return;
  for (size_t s = 0; s < shares.size(); ++s) {
    for (ShownValues::Row& row : shown.rows[s]) {
      const bool has = !shares[s].empty();
      row.values.push_back(has ? shares[s][row.query] : std::numeric_limits<float>::quiet_NaN());
      if (has) row.total += static_cast<double>(row.values.back());
    }
  }
  const int64_t end = axes.keys.items.back().tokens.end;
  axes.keys.items.push_back({{end, end}, "sink (no token)", ItemKind::kSink});
}

// Many lines that are all strong cover each other: flow of higher layers, logarithmic scales.
void warn_of_crowd(const Palette& palette, size_t room, Sheet& sheet) {
  const auto strong = std::count_if(
      sheet.edges.begin(), sheet.edges.end(),
      [&](const FigureEdge& e) { return e.panel == 0 && e.opacity >= palette.opacity(0.5); });
  if (strong <= 4 * static_cast<int64_t>(room)) return;
  sheet.warnings.push_back(std::to_string(strong) +
                           " lines are at least half as strong as a line can be and cover each "
                           "other; --pin shows one query, --topk the heaviest of each");
}

}  // namespace

Figure draw_head_figure(const FigureInput& input) {
  const ViewState& state = input.state;
  const TraceInfo& info = input.source.info();
  const Palette palette(state.theme);
  const int stack = stack_of(state, info);
  const std::vector<HeadRef> heads = resolve_heads(state.heads, info, stack);
  const std::vector<Series> series = series_of(heads, info, state);
  PictureAxes axes = picture_axes(info, stack, state);
  check_pins(axes, state);
  ShownValues shown = shown_values(input.source, series, axes, state, input.control);
  add_sinks(input.source, series, state, axes, shown);

  std::vector<std::vector<Pin>> pins = {state.pins};
  std::vector<PanelAccount> accounts;
  if (state.both_panels) {
    pins = {{}, state.pins};
    accounts.push_back({"All words", collect_links(shown, axes, state, {})});
  }
  accounts.push_back({state.both_panels ? pinned_words(axes, state.pins) : "",
                      collect_links(shown, axes, state, state.pins)});

  const DrawnItems drawn = drawn_items(axes, state, accounts);
  const Rows rows(drawn.most());
  const double width = input.options.width_mm.value_or(state.both_panels ? 174 : 85) * kPxPerMm;
  const std::vector<Columns> columns = lay_out_columns(axes, drawn, pins, rows, width);

  Sheet sheet(width, palette);
  const std::string title = title_of(input, name_picture(heads, info, state), heads);
  sheet.draw_title(title);
  sheet.shorter = "--rows linked, --attention or --special hide shows fewer tokens";
  const HeadPicture picture{axes, drawn, series, palette, rows, input.control};
  double x = kMargin, bottom = sheet.y();
  for (size_t p = 0; p < accounts.size(); ++p) {
    const HeadPanel panel{static_cast<int>(p), accounts[p].name, pins[p], columns[p],
                          accounts[p].set};
    bottom =
        std::max(bottom, draw_head_panel(picture, panel, x, sheet.y(), sheet.scene(), sheet.edges));
    x += columns[p].width + kBetween;
  }
  const bool negative = std::any_of(sheet.edges.begin(), sheet.edges.end(),
                                    [](const FigureEdge& e) { return e.weight < 0; });
  sheet.move_to(draw_legend({state, series, shown.largest, negative, width}, palette, bottom + 16,
                            sheet.scene()));
  warn_of_crowd(palette, axes.queries.size() * series.size(), sheet);
  const PictureFacts facts{info, state, heads, series, axes, shown.largest};
  return finish_figure(std::move(sheet), input, title, lines_caption(facts, accounts),
                       lines_description(facts, title, accounts));
}

}  // namespace headscope
