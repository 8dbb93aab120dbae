// The head view as a figure: two token columns, lines whose width and opacity follow the weight,
// one panel or all words beside the pinned word.
#include <algorithm>
#include <array>
#include <cmath>

#include "figure/caption.h"
#include "figure/head_layout.h"
#include "figure/head_legend.h"
#include "figure/links.h"
#include "figure/palette.h"
#include "figure/svg.h"
#include "headscope/error.h"
#include "headscope/figure.h"

namespace headscope {

namespace {

constexpr double kTitle = 11;
constexpr double kPageMm = 277;  // A4 with margins

class HeadFigure {
 public:
  HeadFigure(const AttentionSource& source, const ViewState& state, const FigureOptions& options,
             const RunControl& control)
      : state_(state),
        options_(options),
        control_(control),
        info_(source.info()),
        palette_(state.theme),
        stack_(stack_of(state, info_)),
        heads_(resolve_heads(state.heads, info_, stack_)),
        series_(series_of(heads_, info_, state)),
        visible_(visible_tokens(info_, stack_, state)),
        rows_(std::max(visible_.queries.size(), visible_.keys.size())) {
    check();
    if (state.both_panels) {
      panels_ = {{"All words", {}}, {pinned_words(), state.pins}};
    } else {
      panels_ = {{"", state.pins}};
    }
    width_ = options.width_mm.value_or(state.both_panels ? 174 : 85) * kPxPerMm;
    std::vector<std::vector<Pin>> pins;
    pins.reserve(panels_.size());
    for (const Panel& panel : panels_) pins.push_back(panel.pins);
    columns_ = lay_out_columns(info_, stack_, visible_, pins, rows_, width_);
    shown_ = shown_values(source, series_, visible_, state_, control);
  }

  Figure draw() {
    double y = kMargin;
    const std::string name = title();
    for (const std::string& line : wrap_text(name, width_ / kSubstitute - 2 * kMargin, kTitle)) {
      out_.text(kMargin, y += kTitle + 2, line, {kTitle, true, "start", palette_.ink});
    }
    y += 9;
    double x = kMargin, bottom = y;
    for (size_t p = 0; p < panels_.size(); ++p) {
      bottom = std::max(bottom, draw_panel(p, x, y));
      x += columns_[p].width + kBetween;
    }
    y = draw_legend({state_, series_, shown_.largest, any_negative(), width_}, palette_,
                    bottom + 16, out_);
    figure_.caption = figure_caption(facts(), accounts_);
    const double room = (width_ - 2 * kMargin) / kSubstitute;
    for (const std::string& line : wrap_text(figure_.caption, room, kSmall)) {
      out_.text(kMargin, y += 11, line, {kSmall, false, "start", palette_.muted});
    }
    finish(y + kMargin + 2, name);
    return std::move(figure_);
  }

 private:
  struct Panel {
    std::string name;
    std::vector<Pin> pins;
  };

  void check() const {
    if (state_.view != "head" || state_.words || !state_.ablate.empty()) {
      throw Error(ErrorCode::kUsage, "an option of " + to_link(state_),
                  "head figures with heads, pin, panels, attention, special, combine, quantity, "
                  "threshold, topk, scale, theme");
    }
    if (state_.both_panels && state_.pins.empty()) {
      throw Error(ErrorCode::kUsage, "--panels both without a pinned token",
                  "--pin, e.g. --pin q1");
    }
    for (const Pin& pin : state_.pins) {
      const bool query = pin.side == PinSide::kQuery;
      if (query ? !visible_.shows_query(pin.index) : !visible_.shows_key(pin.index)) {
        throw Error(ErrorCode::kUsage,
                    "pinned token " + std::string(query ? "q" : "k") + std::to_string(pin.index),
                    "the index of a token that is shown, below " +
                        std::to_string(tokens_of(pin.side).size()));
      }
    }
  }

  const TokenSequence& tokens_of(PinSide side) const {
    return info_.tokens(stack_, side == PinSide::kQuery ? Side::kQuery : Side::kKey);
  }
  // Word “i”; Words “store” (5), “went”: the position where the token occurs twice.
  std::string pinned_words() const {
    std::vector<std::string> words;
    for (const Pin& pin : state_.pins) {
      const std::vector<std::string>& tokens = tokens_of(pin.side).tokens;
      const std::string& token = tokens[static_cast<size_t>(pin.index)];
      std::string word = "“" + shorten(token, kTextShown) + "”";
      if (std::count(tokens.begin(), tokens.end(), token) > 1) {
        word += " (" + std::to_string(pin.index) + ")";
      }
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
    std::string out = words.size() == 1 ? "Word " : "Words ";
    for (const std::string& word : words) out += (word == words.front() ? "" : ", ") + word;
    return out;
  }

  std::string title() const {
    const std::string text =
        options_.title.empty() ? name_picture(heads_, info_, state_) : options_.title;
    return options_.note.empty() ? text : text + ": " + options_.note;
  }

  PictureFacts facts() const {
    return {info_, state_, heads_, series_, shown_.largest, effective_topk(state_, visible_)};
  }

  bool any_negative() const {
    return std::any_of(figure_.edges.begin(), figure_.edges.end(),
                       [](const FigureEdge& e) { return e.weight < 0; });
  }

  static double row_of(const std::vector<int>& shown, int token) {
    return static_cast<double>(std::lower_bound(shown.begin(), shown.end(), token) - shown.begin());
  }

  double draw_panel(size_t number, double x, double y) {
    const Panel& panel = panels_[number];
    const Columns& c = columns_[number];
    if (!panel.name.empty()) {
      out_.text(x, y += kSmall, panel.name, {9.5, true, "start", palette_.ink});
      y += 4;
    }
    const double query_start = c.bars_end > 0 ? c.bars_end + kGap : 0;
    out_.text(x + query_start, y += kSmall, kQueryHeading,
              {kSmall, false, "start", palette_.muted});
    out_.text(x + c.key_start, y, kKeyHeading, {kSmall, false, "start", palette_.muted});
    const double first = y + 7 + rows_.height / 2;
    PanelAccount account{panel.name, collect_links(shown_, visible_, state_, panel.pins)};
    for (const Link& link : account.set.links) draw_link(number, link, x, first);
    if (series_.size() > 1) name_lines(account.set, x, first, c);
    draw_tokens(tokens_of(PinSide::kQuery), visible_.queries, x + c.query_end, first, "end",
                panel.pins, PinSide::kQuery);
    draw_tokens(tokens_of(PinSide::kKey), visible_.keys, x + c.key_start, first, "start",
                panel.pins, PinSide::kKey);
    accounts_.push_back(std::move(account));
    return first +
           rows_.height *
               (static_cast<double>(std::max(visible_.queries.size(), visible_.keys.size())) - 0.5);
  }

  double y_of(const std::vector<int>& shown, int token, size_t rank, double first) const {
    const double squeeze = std::min(1.0, rows_.height / 15);
    return first + row_of(shown, token) * rows_.height + lane(rank, series_.size()) * squeeze;
  }

  std::string stroke_of(const Link& link) const {
    const auto slot = series_[static_cast<size_t>(link.series)].slot;
    return link.value < 0 ? palette_.negative_stroke(slot, series_.size()) : palette_.stroke(slot);
  }

  void draw_link(size_t number, const Link& link, double x, double first) {
    const Columns& c = columns_[number];
    const auto rank = static_cast<size_t>(link.series);
    const double ya = y_of(visible_.queries, link.query, rank, first);
    const double yb = y_of(visible_.keys, link.key, rank, first);
    const FigureEdge edge{static_cast<int>(number),
                          series_[rank].heads.front(),
                          series_[rank].name,
                          link.query,
                          link.key,
                          link.value,
                          line_width(link.strength, series_.size()),
                          palette_.opacity(link.strength)};
    figure_.edges.push_back(edge);
    out_.line(x + c.x1, ya, x + c.x2, yb,
              stroke_of(link) + " stroke-width=\"" + svg_number(edge.width, 7) +
                  "\" stroke-opacity=\"" + svg_number(edge.opacity, 7) + "\"");
    // A pinned token's values once more, as bars beside the other column.
    const double length = kBar * link.strength;
    for (const Pin& pin : panels_[number].pins) {
      if (pin.side == PinSide::kQuery && pin.index == link.query) {
        draw_bar(x + c.bars_start, yb, length, stroke_of(link));
      } else if (pin.side == PinSide::kKey && pin.index == link.key) {
        draw_bar(x + c.bars_end, ya, -length, stroke_of(link));
      }
    }
  }

  void draw_bar(double x, double y, double length, const std::string& stroke) {
    const double thick =
        std::max(1.5, 7.0 / static_cast<double>(series_.size())) * rows_.height / 15;
    out_.path("M" + svg_number(x) + " " + svg_number(y) + "h" + svg_number(length),
              "fill=\"none\" stroke-width=\"" + svg_number(thick) + "\" " + stroke);
  }

  // Several series: the heaviest line of each bears its name, at the first place along the line
  // where it covers no other name (the legend names those without a place).
  void name_lines(const LinkSet& set, double x, double first, const Columns& c) {
    std::vector<std::array<double, 2>> placed;
    for (size_t rank = 0; rank < series_.size(); ++rank) {
      const Series& one = series_[rank];
      const double apart = std::max(34.0, room_for(one.name, kSmall) + 6);
      const auto link = std::find_if(set.links.rbegin(), set.links.rend(), [rank](const Link& l) {
        return l.series == static_cast<int>(rank);
      });
      if (link == set.links.rend()) continue;
      const double ya = y_of(visible_.queries, link->query, rank, first);
      const double yb = y_of(visible_.keys, link->key, rank, first);
      for (const double t :
           {0.5, 0.4, 0.6, 0.3, 0.7, 0.45, 0.55, 0.35, 0.65, 0.2, 0.8, 0.25, 0.75}) {
        const double at_x = x + c.x1 + t * (c.x2 - c.x1), at_y = ya + t * (yb - ya);
        const bool free = std::none_of(placed.begin(), placed.end(), [&](const auto& other) {
          return std::abs(other[0] - at_x) < apart && std::abs(other[1] - at_y) < 9;
        });
        if (!free) continue;
        placed.push_back({at_x, at_y});
        out_.text(at_x, at_y + 2.9, one.name,
                  {kSmall, true, "middle", palette_.head(one.slot),
                   "paint-order=\"stroke\" stroke=\"" + std::string(palette_.paper) +
                       "\" stroke-width=\"3\" stroke-linejoin=\"round\""});
        break;
      }
    }
  }

  void draw_tokens(const TokenSequence& sequence, const std::vector<int>& shown, double x,
                   double first, std::string_view anchor, const std::vector<Pin>& pins,
                   PinSide side) {
    for (size_t i = 0; i < shown.size(); ++i) {
      control_.cancel.check();
      const double y = first + static_cast<double>(i) * rows_.height;
      const std::string text = fit_text(sequence.tokens[static_cast<size_t>(shown[i])],
                                        kMostToken / kSubstitute, rows_.text);
      const bool pinned = std::find(pins.begin(), pins.end(), Pin{side, shown[i]}) != pins.end();
      if (pinned && !palette_.print) {
        const double width = room_for(text, rows_.text, Weight::kBold) + 4;
        out_.rect(anchor == "end" ? x + 2 - width : x - 2, y - rows_.height / 2 + 1, width,
                  rows_.height - 2, "rx=\"2\" fill=\"" + std::string(palette_.pin) + "\"");
      }
      out_.text(x, y + rows_.text * 0.35, text,
                {rows_.text, pinned, anchor, palette_.ink, "unicode-bidi=\"isolate\""});
    }
  }

  // Many lines that are all strong cover each other: flow of higher layers, logarithmic scales.
  void warn_of_crowd() {
    const auto strong = std::count_if(
        figure_.edges.begin(), figure_.edges.end(),
        [&](const FigureEdge& e) { return e.panel == 0 && e.opacity >= palette_.opacity(0.5); });
    if (strong <= 4 * static_cast<int64_t>(visible_.queries.size() * series_.size())) return;
    figure_.warnings.push_back(std::to_string(strong) +
                               " lines are at least half as strong as a line can be and cover each "
                               "other; --pin shows one query, --topk the heaviest of each");
  }

  void finish(double height, const std::string& name) {
    figure_.description = figure_description(facts(), name, accounts_);
    const ViewState complete = complete_state(info_, state_);
    const std::string head =
        "<title>" + xml_escape(name) + "</title>\n<desc>" + xml_escape(figure_.description) +
        "</desc>\n<metadata>" +
        xml_escape(figure_.caption + "\nState: " + to_link(complete) +
                   "\nCommand: " + figure_command(complete, info_.settings, options_)) +
        "</metadata>\n";
    if (height / kPxPerMm > kPageMm) {
      figure_.warnings.push_back("the figure is " + svg_number(std::round(height / kPxPerMm)) +
                                 " mm tall, more than a page; --attention or --special hide shows "
                                 "fewer tokens");
    }
    warn_of_crowd();
    figure_.svg = out_.document(width_, height, palette_.paper, head);
  }

  const ViewState& state_;
  const FigureOptions& options_;
  const RunControl& control_;
  const TraceInfo& info_;
  Palette palette_;
  int stack_ = 0;
  std::vector<HeadRef> heads_;
  std::vector<Series> series_;
  VisibleTokens visible_;
  Rows rows_;
  std::vector<Panel> panels_;
  std::vector<Columns> columns_;  // one a panel
  ShownValues shown_;
  std::vector<PanelAccount> accounts_;
  double width_ = 0;
  SvgWriter out_;
  Figure figure_;
};

}  // namespace

Figure draw_figure(const AttentionSource& source, const ViewState& state,
                   const FigureOptions& options, const RunControl& control) {
  return HeadFigure(source, state, options, control).draw();
}

}  // namespace headscope
