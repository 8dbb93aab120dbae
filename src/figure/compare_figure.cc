// Two runs side by side as a figure: one head's difference, or both of its pictures, beside a map
// of how far every head differs.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "figure/caption.h"
#include "figure/command.h"
#include "figure/grid.h"
#include "figure/head_panel.h"
#include "figure/raster.h"
#include "figure/sheet.h"
#include "figure/svg.h"
#include "headscope/comparison.h"
#include "headscope/error.h"
#include "headscope/token_text.h"
#include "headscope/version.h"

namespace headscope {
namespace {

constexpr size_t kListed = 10;  // heads named beside the map

// Units of an alignment in the order of the left text; those of the right alone stand behind what
// they follow there.
struct Units {
  PictureAxis axis;
  std::vector<int64_t> matched;  // its number among the matched ones, −1 = on one side alone
};

Units units_of(const Alignment& alignment, const TraceInfo& left, const TraceInfo& right,
               const Comparison& found, Side side) {
  const auto texts_of = [side](const TraceInfo& info, int stack) {
    return [&tokens = info.tokens(stack, side), bytes = info.model.byte_tokens](Range range) {
      return readable_word(tokens_in(tokens, range), bytes);
    };
  };
  const auto left_text = texts_of(left, found.left_stack);
  const auto right_text = texts_of(right, found.right_stack);
  struct Unit {
    Range left;
    int64_t matched;
    std::string text;
  };
  std::vector<Unit> units;
  for (size_t i = 0; i < alignment.matched.size(); ++i) {
    const TokenPair& pair = alignment.matched[i];
    units.push_back({pair.left, static_cast<int64_t>(i), left_text(pair.left)});
  }
  for (const Range range : alignment.left_only) units.push_back({range, -1, left_text(range)});
  for (const Range range : alignment.right_only) {
    int64_t behind = 0;  // end, on the left, of the unit that it follows on the right
    int64_t nearest = -1;
    for (const TokenPair& pair : alignment.matched) {
      if (pair.right.begin < range.begin && pair.right.begin > nearest) {
        nearest = pair.right.begin;
        behind = pair.left.end;
      }
    }
    units.push_back({{behind, behind}, -1, right_text(range)});
  }
  std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
    return a.left.begin != b.left.begin ? a.left.begin < b.left.begin
                                        : a.left.size() < b.left.size();
  });
  Units out;
  for (Unit& unit : units) {
    out.axis.items.push_back({unit.left, std::move(unit.text),
                              unit.matched < 0 ? ItemKind::kUnmatched : ItemKind::kTokens});
    out.matched.push_back(unit.matched);
  }
  return out;
}

class CompareFigure {
 public:
  CompareFigure(const AttentionSource& left, const AttentionSource& right, const ViewState& state,
                const FigureOptions& options, const RunControl& control)
      : left_(left),
        right_(right),
        state_(state),
        options_(options),
        control_(control),
        palette_(state.theme),
        found_(compare_sources(left, right, {stack_name(), false}, control)) {
    const std::vector<HeadRef> heads = resolve_heads(state.heads, left.info(), found_.left_stack);
    if (heads.size() != 1) {
      throw Error(ErrorCode::kUsage, std::to_string(heads.size()) + " heads in a comparison",
                  "one head");
    }
    head_ = heads.front();
    const bool both = std::any_of(found_.heads.begin(), found_.heads.end(),
                                  [&](const HeadDifference& d) { return d.id == head_.id; });
    if (!both) {
      throw Error(ErrorCode::kUsage, "head " + to_string(head_.id) + ", which the right has not",
                  "a head that both have", "", "HS-LINK-01");
    }
    queries_ = units_of(found_.queries, left.info(), right.info(), found_, Side::kQuery);
    keys_ = units_of(found_.keys, left.info(), right.info(), found_, Side::kKey);
    axes_ = {queries_.axis, keys_.axis};
    left_map_ = matched_map(left, head_, found_.queries, found_.keys, true, control);
    right_map_ = matched_map(right, {found_.right_stack, head_.id}, found_.queries, found_.keys,
                             false, control);
  }

  Figure draw() {
    const double width = options_.width_mm.value_or(174) * kPxPerMm;
    Sheet sheet(width, palette_);
    const std::string title = options_.title.empty() ? name() : options_.title;
    sheet.draw_title(title);
    draw_panels(sheet, width);
    draw_map(sheet, width);
    const ViewState complete = complete_comparison(left_.info(), right_.info(), state_);
    return std::move(sheet).finish({title, caption(), description(title), to_link(complete),
                                    figure_command(complete, left_.info().settings, options_)},
                                   options_);
  }

 private:
  std::string stack_name() const {
    return left_.info().stacks[static_cast<size_t>(stack_of(state_, left_.info()))].name;
  }
  std::string name() const {
    return name_heads({head_}, left_.info()) + ": " + left_name() + " against " + right_name();
  }
  // What is unlike on the two sides, of model, heads off and text.
  std::string left_name() const { return side_name(left_.info(), right_.info()); }
  std::string right_name() const { return side_name(right_.info(), left_.info()); }
  static std::string side_name(const TraceInfo& info, const TraceInfo& other) {
    std::string out;
    const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
    if (info.model.name != other.model.name || info.model.fingerprint != other.model.fingerprint) {
      add(info.model.name);
    }
    const std::string off = to_string(info.settings.ablations, info.stacks);
    if (off != to_string(other.settings.ablations, other.stacks)) {
      add(off.empty() ? "every head on" : off + " off");
    }
    const TokenSequence& text = info.tokens(0, Side::kQuery);
    const TokenSequence& others = other.tokens(0, Side::kQuery);
    if (text.text_a != others.text_a || text.text_b != others.text_b) {
      add("“" + shorten(text.text_a, 40) + (text.text_b ? " " + shorten(*text.text_b, 40) : "") +
          "”");
    }
    return out.empty() ? "the same" : out;
  }

  const HeadDifference& difference() const {
    return *std::find_if(found_.heads.begin(), found_.heads.end(),
                         [&](const HeadDifference& d) { return d.id == head_.id; });
  }

  // Lines of one side, or right minus left.
  LinkSet links_of(bool with_left, bool with_right) const {
    LinkSet out;
    const auto width = static_cast<size_t>(left_map_.keys + 1);
    for (size_t q = 0; q < queries_.matched.size(); ++q) {
      if (queries_.matched[q] < 0 || !pinned(PinSide::kQuery, q)) continue;
      for (size_t k = 0; k < keys_.matched.size(); ++k) {
        if (keys_.matched[k] < 0 || !pinned(PinSide::kKey, k)) continue;
        const size_t at = static_cast<size_t>(queries_.matched[q]) * width +
                          static_cast<size_t>(keys_.matched[k]);
        double value = 0;
        if (with_right) value += right_map_.weights[at];
        if (with_left) value += with_right ? -left_map_.weights[at] : left_map_.weights[at];
        ++out.possible;
        const double size = std::abs(value);
        out.total += size;
        if (size == 0 || static_cast<float>(size) < static_cast<float>(state_.threshold)) continue;
        out.drawn += size;
        out.links.push_back({0, q, k, static_cast<float>(value), strength(size, state_.scale, 1)});
      }
    }
    std::stable_sort(out.links.begin(), out.links.end(),
                     [](const Link& x, const Link& y) { return x.strength < y.strength; });
    return out;
  }
  // Pins of one side alone restrict the other not at all.
  bool pinned(PinSide side, size_t item) const {
    bool any = false, hit = false;
    for (const Pin& pin : state_.pins) {
      if (pin.side != side) continue;
      any = true;
      hit = hit || axes_of(side).find(pin.index) == item;
    }
    return !any || hit;
  }
  const PictureAxis& axes_of(PinSide side) const {
    return side == PinSide::kQuery ? axes_.queries : axes_.keys;
  }

  void draw_panels(Sheet& sheet, double width) {
    const std::vector<Series> series = {
        {to_string(head_.id), {head_}, static_cast<size_t>(head_.id.head)}};
    DrawnItems drawn;
    for (size_t i = 0; i < axes_.queries.size(); ++i) drawn.queries.push_back(i);
    for (size_t i = 0; i < axes_.keys.size(); ++i) drawn.keys.push_back(i);
    const Rows rows(drawn.most());
    const double room = state_.both_panels ? width : width - map_width(width) - kBetween;
    const std::vector<std::vector<Pin>> pins(state_.both_panels ? 2 : 1, state_.pins);
    const std::vector<Columns> columns = lay_out_columns(axes_, drawn, pins, rows, room);
    if (state_.both_panels) {
      panels_ = {{"Left: " + left_name(), links_of(true, false)},
                 {"Right: " + right_name(), links_of(false, true)}};
    } else {
      panels_ = {{"Right minus left", links_of(true, true)}};
    }
    top_ = sheet.y();
    double x = kMargin, bottom = top_;
    const HeadPicture picture{axes_, drawn, series, palette_, rows, control_, !state_.both_panels};
    for (size_t p = 0; p < panels_.size(); ++p) {
      const HeadPanel panel{static_cast<int>(p), panels_[p].name, pins[p], columns[p],
                            panels_[p].set};
      bottom =
          std::max(bottom, draw_head_panel(picture, panel, x, top_, sheet.scene(), sheet.edges));
      x += columns[p].width + kBetween;
    }
    sheet.move_to(bottom + 6);
    if (!state_.both_panels) draw_sign_legend(sheet.scene(), bottom + 16);
    if (!state_.both_panels) sheet.move_to(bottom + 20);
  }

  void draw_sign_legend(Scene& scene, double y) const {
    double x = kMargin;
    for (const auto& [value, words] :
         {std::pair{0.5f, "more on the right (+)"}, std::pair{-0.5f, "less on the right (−)"}}) {
      Stroke stroke = palette_.difference_stroke(value);
      stroke.width = line_width(0.5, 1);
      stroke.opacity = palette_.opacity(0.5);
      scene.add(PathMark{"M" + svg_number(x) + " " + svg_number(y - 2.8) + "h20", "none", stroke});
      scene.add(
          TextMark{x + 24, y, words, kSmall, false, Anchor::kStart, std::string(palette_.muted)});
      x += 34 + room_for(words, kSmall);
    }
  }

  static double map_width(double width) { return std::min(260.0, width * 0.4); }

  // Beside the difference, or below two pictures: every head by its divergence.
  void draw_map(Sheet& sheet, double width) {
    const bool below = state_.both_panels;
    const double left = below ? 0 : width - map_width(width) - kMargin;
    const double wide = map_width(width) + kMargin;
    HeadGrid grid(left_.info().stacks[static_cast<size_t>(found_.left_stack)], ViewState());
    const double top = below ? sheet.y() + 22 : top_ + 18;
    Scene& map = sheet.scene();
    grid.lay_out(left, wide, top, 1.0, 0, 20);
    grid.draw_axes(palette_, map);
    const Ramp ramp(palette_.dark, false);
    const double most = largest();
    for (const HeadDifference& head : found_.heads) {
      const Box box = grid.box(head.id);
      const uint8_t index = ramp.index(most > 0 && std::isfinite(head.js) ? head.js / most : 0);
      map.add(RectMark{box.x, box.y, box.width, box.height, ramp.colour(index)},
              "map-" + to_string(head.id));
      map.add(PathMark{outline(box), "none", {std::string(palette_.hairline), 0.5}});
      if (head.id == head_.id) {
        map.add(PathMark{outline({box.x - 1, box.y - 1, box.width + 2, box.height + 2}),
                         "none",
                         {std::string(palette_.ink), 1.5}});
      }
    }
    map.add(TextMark{left + kMargin, top - 10, "How far every head differs", 9.5, true,
                     Anchor::kStart, std::string(palette_.ink)});
    double y = grid.bottom() + 6;
    draw_ramp(ramp, left + kMargin, y, "0", "", short_js(most) + " nats", palette_, map);
    y += 22;
    double x = left + kMargin;
    if (below) {
      x = wide + kBetween;
      y = top + 4;
    }
    draw_list(map, x, y);
    const double listed = 11 * static_cast<double>(std::min(kListed, found_.heads.size()));
    const double bottom = below ? std::max(grid.bottom() + 22, y + listed) : y + listed;
    sheet.move_to(std::max(sheet.y(), bottom + 4));
  }

  void draw_list(Scene& scene, double x, double y) const {
    for (size_t i = 0; i < std::min(kListed, found_.heads.size()); ++i) {
      const HeadDifference& head = found_.heads[i];
      const std::string name = head_name(left_.info().stacks, {found_.left_stack, head.id});
      scene.add(TextMark{x, y, name, kSmall, head.id == head_.id, Anchor::kStart,
                         std::string(palette_.ink)});
      scene.add(TextMark{x + 80, y, short_js(head.js), kSmall, false, Anchor::kEnd,
                         std::string(palette_.ink)});
      y += 11;
    }
  }

  double largest() const {
    double most = 0;
    for (const HeadDifference& head : found_.heads) {
      if (std::isfinite(head.js)) most = std::max(most, head.js);
    }
    return most;
  }
  static std::string short_js(double js) {
    if (!std::isfinite(js)) return "–";
    char text[24];
    std::snprintf(text, sizeof text, js != 0 && js < 0.001 ? "%.6f" : "%.4f", js);
    return text;
  }

  std::string caption() const {
    const auto side = [](const TraceInfo& info) {
      std::string out = model_words(info);
      const TokenSequence& text = info.tokens(0, Side::kQuery);
      out += ", “" + shorten(text.text_a, kTextShown) + "”";
      if (text.text_b) out += " “" + shorten(*text.text_b, kTextShown) + "”";
      const std::string off = to_string(info.settings.ablations, info.stacks);
      return off.empty() ? out : out + ", off: " + off;
    };
    std::string out = "Left: " + side(left_.info()) + ". Right: " + side(right_.info()) + ". " +
                      std::to_string(found_.matched_words()) + " words are matched by their " +
                      "characters";
    const size_t left_only = found_.queries.left_only.size();
    const size_t right_only = found_.queries.right_only.size();
    if (left_only + right_only > 0) {
      out += ", " + std::to_string(left_only) + " are on the left alone and " +
             std::to_string(right_only) + " on the right alone (hatched)";
    }
    out += ". " + scale_words(state_, 1);
    for (const PanelAccount& panel : panels_) {
      out += " " + panel.name + ": " + std::to_string(panel.set.links.size()) + " of " +
             std::to_string(panel.set.possible) +
             (state_.both_panels ? " weights ≥ " : " differences with |x| ≥ ") +
             svg_number(state_.threshold, 6) + " drawn.";
    }
    out += " Map: Jensen–Shannon divergence of each head’s rows over matched keys, mean over " +
           std::to_string(difference().queries) + " queries, natural logarithm; " +
           to_string(head_.id) + " " + short_js(difference().js) + ".";
    for (const std::string& note : found_.notes) out += " " + note + ".";
    return out + " Layers and heads are counted from 0. headscope " + std::string(version()) + ".";
  }

  std::string description(const std::string& title) const {
    std::string out = title + ". Heads by divergence:";
    for (size_t i = 0; i < std::min(kListed, found_.heads.size()); ++i) {
      out += (i == 0 ? " " : ", ") + to_string(found_.heads[i].id) + " " +
             short_js(found_.heads[i].js);
    }
    out += ".";
    for (const PanelAccount& panel : panels_) {
      out += " " + panel.name + ", largest:";
      const std::vector<Link>& links = panel.set.links;
      for (size_t i = 0; i < std::min<size_t>(5, links.size()); ++i) {
        const Link& link = links[links.size() - 1 - i];
        out += (i == 0 ? " " : "; ") + token_name(axes_.queries.items[link.query]) + " to " +
               token_name(axes_.keys.items[link.key]) + " " +
               svg_number(static_cast<double>(link.value), 4);
      }
      out += links.empty() ? " none." : ".";
    }
    return out;
  }

  const AttentionSource& left_;
  const AttentionSource& right_;
  const ViewState& state_;
  const FigureOptions& options_;
  const RunControl& control_;
  Palette palette_;
  Comparison found_;
  HeadRef head_;
  Units queries_, keys_;
  PictureAxes axes_;
  MatchedMap left_map_, right_map_;
  std::vector<PanelAccount> panels_;
  double top_ = 0;  // of the picture
};

}  // namespace

Figure draw_comparison(const AttentionSource& left, const AttentionSource& right,
                       const ViewState& state, const FigureOptions& options,
                       const RunControl& control) {
  return CompareFigure(left, right, state, options, control).draw();
}

}  // namespace headscope
