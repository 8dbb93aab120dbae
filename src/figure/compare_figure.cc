// Two runs side by side as a figure: one head's difference, or both of its pictures, beside a map
// of how far every head differs.
#include <algorithm>
#include <cmath>

#include "figure/command.h"
#include "figure/compare_map.h"
#include "figure/compare_units.h"
#include "figure/compare_words.h"
#include "figure/head_legend.h"
#include "figure/head_panel.h"
#include "figure/sheet.h"
#include "figure/svg.h"
#include "headscope/error.h"

namespace headscope {
namespace {

class CompareFigure {
 public:
  CompareFigure(const AttentionSource& left, const AttentionSource& right, const ViewState& state,
                const FigureOptions& options, const RunControl& control)
      : state_(state),
        options_(options),
        control_(control),
        palette_(state.theme),
        found_(compare_sources(left, right, {stack_name(left.info(), state), false}, control)),
        left_{left.info(), found_.left_stack},
        right_{right.info(), found_.right_stack},
        head_(one_head()),
        queries_(units(found_.queries, Side::kQuery)),
        keys_(units(found_.keys, Side::kKey)),
        axes_{queries_.axis, keys_.axis},
        left_map_(matched_map(left, head_, found_.queries, found_.keys, true, control)),
        right_map_(matched_map(right, {found_.right_stack, head_.id}, found_.queries, found_.keys,
                               false, control)) {}

  Figure draw() {
    Sheet sheet(options_.width_mm.value_or(174) * kPxPerMm, palette_);
    const std::string title = options_.title.empty() ? name() : options_.title;
    sheet.draw_title(title);
    sheet.shorter = "--rows linked shows only tokens at the end of a line";
    draw_panels(sheet);
    const ViewState complete = complete_comparison(left_.info, right_.info, state_);
    const ComparisonFacts facts{left_, right_, found_, difference(), state_, axes_, panels_};
    return std::move(sheet).finish(
        {title, comparison_caption(facts), comparison_description(facts, title), to_link(complete),
         figure_command(complete, left_.info, options_)},
        options_);
  }

 private:
  static std::string stack_name(const TraceInfo& info, const ViewState& state) {
    return info.stacks[static_cast<size_t>(stack_of(state, info))].name;
  }

  HeadRef one_head() const {
    const std::vector<HeadRef> heads = resolve_heads(state_.heads, left_.info, left_.stack);
    if (heads.size() != 1) {
      throw Error(ErrorCode::kUsage, std::to_string(heads.size()) + " heads in a comparison",
                  "one head");
    }
    const HeadId id = heads.front().id;
    const bool both = std::any_of(found_.heads.begin(), found_.heads.end(),
                                  [&](const HeadDifference& d) { return d.id == id; });
    if (!both) {
      throw Error(ErrorCode::kUsage, "head " + to_string(id) + ", which the right has not",
                  "a head that both have", "", "HS-LINK-01");
    }
    return heads.front();
  }

  ComparedUnits units(const Alignment& alignment, Side side) const {
    return compared_units(alignment,
                          {left_.info.tokens(left_.stack, side), left_.info.model.byte_tokens},
                          {right_.info.tokens(right_.stack, side), right_.info.model.byte_tokens});
  }

  std::string name() const {
    const std::string left = side_name(left_, right_), right = side_name(right_, left_);
    const std::string of = name_heads({head_}, left_.info) + ": ";
    if (left.empty() && right.empty()) return of + "two runs of " + left_.info.model.name;
    return of + left + " against " + right;
  }

  const HeadDifference& difference() const {
    return *std::find_if(found_.heads.begin(), found_.heads.end(),
                         [&](const HeadDifference& d) { return d.id == head_.id; });
  }

  // Lines of one side, or right minus left.
  LinkSet links_of(bool with_left, bool with_right) const {
    LinkSet out;
    each_cell([&](size_t q, size_t k, size_t at) {
      double value = 0;
      if (with_right) value += right_map_.weights[at];
      if (with_left) value += with_right ? -left_map_.weights[at] : left_map_.weights[at];
      ++out.possible;
      const double size = std::abs(value);
      out.total += size;
      if (size == 0 || static_cast<float>(size) < static_cast<float>(state_.threshold)) return;
      out.drawn += size;
      out.links.push_back({0, q, k, static_cast<float>(value), strength(size, state_.scale, 1)});
    });
    std::stable_sort(out.links.begin(), out.links.end(),
                     [](const Link& x, const Link& y) { return x.strength < y.strength; });
    return out;
  }
  // visit(query unit, key unit, place in the maps) of all that is compared and pinned.
  template <class Visit>
  void each_cell(Visit visit) const {
    const auto width = static_cast<size_t>(left_map_.keys + 1);
    for (size_t q = 0; q < queries_.matched.size(); ++q) {
      if (queries_.matched[q] < 0 || !pinned(PinSide::kQuery, q)) continue;
      for (size_t k = 0; k < keys_.matched.size(); ++k) {
        if (keys_.matched[k] < 0 || !pinned(PinSide::kKey, k)) continue;
        visit(q, k,
              static_cast<size_t>(queries_.matched[q]) * width +
                  static_cast<size_t>(keys_.matched[k]));
      }
    }
  }
  // Without a pin on a side, all of its units count as pinned.
  bool pinned(PinSide side, size_t item) const {
    const PictureAxis& axis = side == PinSide::kQuery ? axes_.queries : axes_.keys;
    bool any = false, hit = false;
    for (const Pin& pin : state_.pins) {
      if (pin.side != side) continue;
      any = true;
      hit = hit || axis.find(pin.index) == item;
    }
    return !any || hit;
  }

  // The panels, and the map: beside the difference, or below two pictures.
  void draw_panels(Sheet& sheet) {
    const bool both = state_.both_panels;
    // The head's colour without its dashes: those mean a negative difference here.
    const std::vector<Series> series = {
        {to_string(head_.id), {head_}, static_cast<size_t>(head_.id.head) % 8}};
    const auto side = [](const char* which, const std::string& name) {
      return name.empty() ? std::string(which) : which + (": " + name);
    };
    if (both) {
      panels_ = {{side("Left", side_name(left_, right_)), links_of(true, false)},
                 {side("Right", side_name(right_, left_)), links_of(false, true)}};
    } else {
      panels_ = {{"Right minus left", links_of(true, true)}};
    }
    const DrawnItems drawn = drawn_items(axes_, state_, panels_);
    const Rows rows(drawn.most());
    const double map_width = std::min(260.0, sheet.width() * 0.4);
    const double room = both ? sheet.width() : sheet.width() - map_width - kBetween;
    const std::vector<std::vector<Pin>> pins(both ? 2 : 1, state_.pins);
    const std::vector<Columns> columns = lay_out_columns(axes_, drawn, pins, rows, room);
    const double top = sheet.y();
    double x = kMargin, bottom = top;
    const HeadPicture picture{axes_, drawn, series, palette_, rows, control_, !both};
    for (size_t p = 0; p < panels_.size(); ++p) {
      const HeadPanel panel{static_cast<int>(p), panels_[p].name, pins[p], columns[p],
                            panels_[p].set};
      bottom =
          std::max(bottom, draw_head_panel(picture, panel, x, top, sheet.scene(), sheet.edges));
      x += columns[p].width + kBetween;
    }
    MapRoom map{sheet.width() - map_width - kMargin, top, map_width + kMargin, bottom - top, false};
    if (both) {
      map = {0, bottom + 10, map_width + kMargin, 0, true};
    } else {
      if (panels_[0].set.links.empty()) {
        // Columns without a line look like a picture that failed.
        sheet.scene().add(small_text(kMargin, bottom + 16, no_difference(), palette_.muted));
      } else {
        draw_sign_legend(sheet.scene(), bottom + 16);
      }
      bottom += 20;
    }
    const double map_bottom =
        draw_difference_map(found_, left_, head_.id, map, palette_, sheet.scene());
    sheet.move_to(std::max(bottom, map_bottom) + 4);
  }

  std::string no_difference() const {
    double most = 0;
    each_cell([&](size_t, size_t, size_t at) {
      most = std::max(most, std::abs(double{right_map_.weights[at]} - left_map_.weights[at]));
    });
    if (most == 0) return "No weight differs.";
    return "No weight differs by " + svg_number(state_.threshold, 6) +
           " or more; the largest difference is " + short_number(most) + ".";
  }

  void draw_sign_legend(Scene& scene, double y) const {
    double x = kMargin;
    for (const auto& [value, words] :
         {std::pair{0.5f, "more on the right (+)"}, std::pair{-0.5f, "less on the right (−)"}}) {
      Stroke stroke = palette_.difference_stroke(value);
      stroke.width = line_width(0.5, 1);
      stroke.opacity = palette_.opacity(0.5);
      scene.add(PathMark{"M" + svg_number(x) + " " + svg_number(y - 2.8) + "h20", "none", stroke});
      scene.add(small_text(x + 24, y, words, palette_.muted));
      x += 34 + room_for(words, kSmall);
    }
  }

  const ViewState& state_;
  const FigureOptions& options_;
  const RunControl& control_;
  Palette palette_;
  Comparison found_;
  ComparedSide left_, right_;
  HeadRef head_;
  ComparedUnits queries_, keys_;
  PictureAxes axes_;
  MatchedMap left_map_, right_map_;
  std::vector<PanelAccount> panels_;
};

}  // namespace

Figure draw_comparison(const AttentionSource& left, const AttentionSource& right,
                       const ViewState& state, const FigureOptions& options,
                       const RunControl& control) {
  return CompareFigure(left, right, state, options, control).draw();
}

}  // namespace headscope
