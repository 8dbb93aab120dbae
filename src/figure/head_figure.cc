// The head view as a figure (ui.md 3.1): two token columns, lines whose width and opacity follow
// the weight, one panel or all words beside the pinned word.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "figure/links.h"
#include "figure/svg.h"
#include "figure/text_metrics.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/version.h"

namespace headscope {

namespace {

constexpr double kRow = 15, kText = 9.5, kSmall = 8, kTitle = 11, kBar = 64, kMargin = 8;
constexpr const char* kSlots[2][8] = {
    {"#2F0FAF", "#FE5100", "#1EA381", "#BE63F8", "#5C678C", "#A3380C", "#2E2A00", "#6C0F5D"},
    {"#5151E7", "#D71908", "#2EBAA1", "#B782FD", "#B7E1FF", "#E28A25", "#FED917", "#8B6782"}};
constexpr const char* kDashes[4] = {"", " stroke-dasharray=\"9 3\"", " stroke-dasharray=\"4 2\"",
                                    " stroke-dasharray=\"9 3 2 3\""};

class HeadFigure {
 public:
  HeadFigure(const AttentionSource& source, const ViewState& state, const FigureOptions& options)
      : source_(source), state_(state), options_(options), info_(source.info()) {
    dark_ = state.theme == Theme::kDark;
    print_ = state.theme.value_or(Theme::kPrint) == Theme::kPrint;
    heads_ = resolve_heads(state.heads, info_, info_.stack_index(state.stack));
    visible_ = visible_tokens(info_, state);
    check();
    const int panels = state.both_panels ? 2 : 1;
    width_ = options.width_mm.value_or(panels == 2 ? 174 : 85) * 96 / 25.4;
    panel_width_ = (width_ - 2 * kMargin - (panels - 1) * 20) / panels;
    left_ = column(info_.query, visible_.queries) + (pins_a_key() ? kBar + 6 : 0);
    right_ = column(info_.key_tokens(), visible_.keys) + (pins_a_query() ? kBar + 6 : 0);
    if (panel_width_ - left_ - right_ < 60) {
      throw Error(ErrorCode::kUsage, "--width-mm " + svg_number(width_ * 25.4 / 96),
                  "at least " + svg_number(std::ceil((panels * (left_ + right_ + 60) + 2 * kMargin +
                                                      (panels - 1) * 20) *
                                                     25.4 / 96)));
    }
  }

  Figure draw() {
    double y = kMargin + kTitle;
    out_.text(kMargin, y, title(), {kTitle, true, "start", ink()});
    y += 18;
    double bottom = y;
    const int panels = state_.both_panels ? 2 : 1;
    for (int p = 0; p < panels; ++p) {
      const bool all_words = state_.both_panels && p == 0;
      bottom = panel(p, kMargin + p * (panel_width_ + 20), y,
                     all_words ? std::vector<Pin>() : state_.pins);
    }
    y = legend(bottom + 14);
    caption();
    for (const std::string& line : wrap_text(figure_.caption, width_ - 2 * kMargin, kSmall)) {
      out_.text(kMargin, y += 11, line, {kSmall, false, "start", muted()});
    }
    const std::string head = "<title>" + xml_escape(title()) + "</title>\n<desc>" +
                             xml_escape(figure_.description) + "</desc>\n<metadata>" +
                             xml_escape(figure_.caption + " State: " + to_link(state_)) +
                             "</metadata>\n";
    figure_.svg = out_.document(width_, y + kMargin, dark_ ? "#14171C" : "#FFFFFF", head);
    return figure_;
  }

 private:
  bool pins_a(PinSide side) const {
    return std::any_of(state_.pins.begin(), state_.pins.end(),
                       [side](const Pin& p) { return p.side == side; });
  }
  bool pins_a_query() const { return pins_a(PinSide::kQuery); }
  bool pins_a_key() const { return pins_a(PinSide::kKey); }

  void check() const {
    if (state_.view != "head" || state_.combine != Combine::kSeparate ||
        state_.quantity != Quantity::kWeight || state_.topk || state_.words ||
        state_.scale != Scale::kLinear || !state_.ablate.empty()) {
      throw Error(ErrorCode::kUsage, "an option of " + to_link(state_),
                  "head figures with heads, pin, panels, attention, special, threshold, theme");
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
                    "the index of a token that is shown");
      }
    }
  }

  static double column(const TokenSequence& tokens, const std::vector<int>& shown) {
    double width = 30;
    for (const int i : shown) {
      width = std::max(width, text_width(tokens.tokens[static_cast<size_t>(i)], kText));
    }
    return std::min(width, 90.0) + 6;
  }

  const char* ink() const { return dark_ ? "#E8ECF1" : "#1A1F26"; }
  const char* muted() const { return dark_ ? "#A7B1BE" : "#55606E"; }
  size_t slot(size_t rank) const {
    const bool one_layer = std::all_of(heads_.begin(), heads_.end(), [&](const HeadRef& h) {
      return h.id.layer == heads_[0].id.layer;
    });
    return one_layer ? static_cast<size_t>(heads_[rank].id.head) : rank;
  }
  std::string stroke(size_t rank) const {
    const size_t s = slot(rank);
    return std::string("stroke=\"") + kSlots[dark_][s % 8] + "\"" + kDashes[s / 8 % 4];
  }
  double line_width(double s) const {
    const auto m = static_cast<double>(heads_.size());
    const double most = m == 1 ? 6 : std::max(2.0, 6 / std::sqrt(m));
    return 0.6 + (most - 0.6) * s;
  }
  double opacity(double s) const { return print_ ? 0.35 + 0.65 * s : 0.15 + 0.85 * s; }
  double lane(size_t rank) const {
    const auto m = static_cast<double>(heads_.size());
    return (static_cast<double>(rank) - (m - 1) / 2) * std::min(3.0, 14 / m);
  }
  std::string title() const {
    std::string text = options_.title;
    if (text.empty()) {
      for (const HeadRef& h : heads_) text += (text.empty() ? "" : ", ") + to_string(h.id);
      if (heads_.size() == 1) {
        text = "Layer " + std::to_string(heads_[0].id.layer) + ", head " +
               std::to_string(heads_[0].id.head);
      }
    }
    return options_.note.empty() ? text : text + ": " + options_.note;
  }

  static double row_of(const std::vector<int>& shown, int token) {
    return static_cast<double>(std::lower_bound(shown.begin(), shown.end(), token) - shown.begin());
  }

  double panel(int number, double x, double y, const std::vector<Pin>& pins) {
    const double x1 = x + left_, x2 = x + panel_width_ - right_, first = y + 26;
    if (state_.both_panels) {
      const Pin& pin = state_.pins[0];
      const TokenSequence& side = pin.side == PinSide::kQuery ? info_.query : info_.key_tokens();
      out_.text(x, y,
                pins.empty() ? "All words"
                             : "Word \xE2\x80\x9C" + side.tokens[static_cast<size_t>(pin.index)] +
                                   "\xE2\x80\x9D",
                {kText, true, "start", ink()});
    }
    out_.text(x, y + 12, "Query: being updated", {kSmall, false, "start", muted()});
    out_.text(x + panel_width_, y + 12, "Key: attended to", {kSmall, false, "end", muted()});
    const LinkSet set = collect_links(source_, heads_, visible_, state_, pins);
    for (const Link& link : set.links) {
      const auto rank = static_cast<size_t>(link.head);
      const double s = std::min(1.0f, link.weight);
      const double ya = first + row_of(visible_.queries, link.query) * kRow + lane(rank);
      const double yb = first + row_of(visible_.keys, link.key) * kRow + lane(rank);
      const FigureEdge edge{number,      heads_[rank],  link.query, link.key,
                            link.weight, line_width(s), opacity(s)};
      figure_.edges.push_back(edge);
      out_.line(x1, ya, x2, yb,
                stroke(rank) + " stroke-width=\"" + svg_number(edge.width, 7) +
                    "\" stroke-opacity=\"" + svg_number(edge.opacity, 7) + "\"");
      bar(link, pins, s, x, ya, yb, rank);
    }
    tokens(info_.query, visible_.queries, x1 - 6, first, "end", pins, PinSide::kQuery);
    tokens(info_.key_tokens(), visible_.keys, x2 + 6, first, "start", pins, PinSide::kKey);
    account(set, number);
    return first +
           kRow * static_cast<double>(std::max(visible_.queries.size(), visible_.keys.size()));
  }

  void bar(const Link& link, const std::vector<Pin>& pins, double s, double x, double ya, double yb,
           size_t rank) {
    const std::string fill = std::string("fill=\"") + kSlots[dark_][slot(rank) % 8] + "\"";
    const double thick = std::max(1.5, 7.0 / static_cast<double>(heads_.size()));
    for (const Pin& pin : pins) {
      if (pin.side == PinSide::kQuery && pin.index == link.query) {
        out_.rect(x + panel_width_ - kBar, yb - thick / 2, kBar * s, thick, fill);
      } else if (pin.side == PinSide::kKey && pin.index == link.key) {
        out_.rect(x + kBar - kBar * s, ya - thick / 2, kBar * s, thick, fill);
      }
    }
  }

  void tokens(const TokenSequence& sequence, const std::vector<int>& shown, double x, double first,
              std::string_view anchor, const std::vector<Pin>& pins, PinSide side) {
    for (size_t i = 0; i < shown.size(); ++i) {
      const bool bold = std::find(pins.begin(), pins.end(), Pin{side, shown[i]}) != pins.end();
      out_.text(x, first + static_cast<double>(i) * kRow + 3.3,
                fit_text(sequence.tokens[static_cast<size_t>(shown[i])], 90, kText),
                {kText, bold, anchor, ink(), "unicode-bidi=\"isolate\""});
    }
  }

  double legend(double y) {
    double x = kMargin;
    out_.text(x, y, "Weight", {kSmall, false, "start", muted()});
    x += 34;
    for (const double s : {0.1, 0.5, 1.0}) {
      out_.path("M" + svg_number(x) + " " + svg_number(y - 3) + "h20",
                "fill=\"none\" stroke=\"" + std::string(muted()) + "\" stroke-width=\"" +
                    svg_number(line_width(s)) + "\" stroke-opacity=\"" + svg_number(opacity(s)) +
                    "\"");
      out_.text(x + 23, y, svg_number(s), {kSmall, false, "start", muted()});
      x += 42;
    }
    for (size_t h = 0; h < heads_.size(); ++h) {
      if (x + 54 > width_ - kMargin) {
        x = kMargin;
        y += 12;
      }
      out_.path("M" + svg_number(x) + " " + svg_number(y - 3) + "h20",
                "fill=\"none\" stroke-width=\"2.5\" " + stroke(h));
      out_.text(x + 23, y, to_string(heads_[h].id), {kSmall, false, "start", ink()});
      x += 54;
    }
    return y + 4;
  }

  void account(const LinkSet& set, int number) {
    char text[160];
    const double left = set.total > 0 ? std::max(0.0, 100 * (1 - set.drawn / set.total)) : 0;
    std::snprintf(text, sizeof text,
                  "%s%zu of %lld weights \xE2\x89\xA5 %s drawn, %.1f %% of weight not drawn.",
                  !state_.both_panels ? ""
                  : number == 0       ? "All words: "
                                      : " Pinned: ",
                  set.links.size(), static_cast<long long>(set.possible),
                  svg_number(state_.threshold, 6).c_str(), left);
    counts_ += text;
  }

  void caption() {
    std::string& out = figure_.caption;
    out = info_.model.name;
    if (!info_.model.fingerprint.empty()) {
      out += " (sha256 " + info_.model.fingerprint.substr(0, 8) + "\xE2\x80\xA6)";
    }
    for (const HeadRef& h : heads_) out += ", " + to_string(h.id);
    out += " (counted from 0). Text A: " + info_.query.text_a;
    if (info_.query.text_b) out += " Text B: " + *info_.query.text_b;
    out += " Attention: " + option_value(state_, "attention").value_or("all") +
           ". Special tokens " + (state_.special == SpecialMode::kShow ? "shown" : "hidden") +
           (state_.special == SpecialMode::kHide && !state_.renormalise ? ", rows not renormalised"
            : state_.special == SpecialMode::kShow && !state_.renormalise ? ""
                                                                          : ", rows renormalised") +
           ". Linear scale; " + counts_ + " headscope " + version() + ".";
    figure_.description = title() + ". " + counts_;
  }

  const AttentionSource& source_;
  const ViewState& state_;
  const FigureOptions& options_;
  const TraceInfo& info_;
  bool dark_ = false, print_ = true;
  std::vector<HeadRef> heads_;
  VisibleTokens visible_;
  double width_ = 0, panel_width_ = 0, left_ = 0, right_ = 0;
  std::string counts_;
  SvgWriter out_;
  Figure figure_;
};

}  // namespace

Figure draw_figure(const AttentionSource& source, const ViewState& state,
                   const FigureOptions& options) {
  return HeadFigure(source, state, options).draw();
}

}  // namespace headscope
