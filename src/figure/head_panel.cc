#include "figure/head_panel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "figure/raster.h"
#include "figure/svg.h"

namespace headscope {
namespace {

class Panel {
 public:
  Panel(const HeadPicture& picture, const HeadPanel& panel, double x, Scene& scene,
        std::vector<FigureEdge>& edges)
      : picture_(picture),
        panel_(panel),
        columns_(panel.columns),
        palette_(picture.palette),
        x_(x),
        scene_(scene),
        edges_(edges) {}

  double draw(double y) {
    if (!panel_.name.empty()) {
      scene_.add(panel_name(x_, y += kSmall, panel_.name, palette_.ink));
      y += 4;
    }
    const double query_start = columns_.bars_end > 0 ? columns_.bars_end + kGap : 0;
    y += kSmall;
    heading(x_ + query_start, y, kQueryHeading);
    heading(x_ + columns_.key_start, y, kKeyHeading);
    first_ = y + 7 + picture_.rows.height / 2;
    for (const Link& link : panel_.links.links) draw_link(link);
    if (picture_.series.size() > 1) name_lines();
    draw_tokens(PinSide::kQuery, x_ + columns_.query_end, Anchor::kEnd);
    draw_tokens(PinSide::kKey, x_ + columns_.key_start, Anchor::kStart);
    return first_ + picture_.rows.height * (static_cast<double>(picture_.drawn.most()) - 0.5);
  }

 private:
  void heading(double x, double y, const char* text) {
    scene_.add(small_text(x, y, text, palette_.muted));
  }

  const PictureAxis& axis(PinSide side) const {
    return side == PinSide::kQuery ? picture_.axes.queries : picture_.axes.keys;
  }
  const std::vector<size_t>& drawn(PinSide side) const {
    return side == PinSide::kQuery ? picture_.drawn.queries : picture_.drawn.keys;
  }
  bool pinned(PinSide side, size_t item) const {
    return std::any_of(panel_.pins.begin(), panel_.pins.end(), [&](const Pin& pin) {
      return pin.side == side && axis(side).find(pin.index) == item;
    });
  }

  // Middle of an item's row, shifted to the lane of a series.
  double y_of(PinSide side, size_t item, size_t rank) const {
    const std::vector<size_t>& rows = drawn(side);
    const auto row = std::lower_bound(rows.begin(), rows.end(), item) - rows.begin();
    const double squeeze = std::min(1.0, picture_.rows.height / 15);
    return first_ + static_cast<double>(row) * picture_.rows.height +
           lane(rank, picture_.series.size()) * squeeze;
  }

  Stroke stroke_of(const Link& link) const {
    if (picture_.difference) return palette_.difference_stroke(link.value);
    const auto slot = picture_.series[static_cast<size_t>(link.series)].slot;
    return link.value < 0 ? palette_.negative_stroke(slot, picture_.series.size())
                          : palette_.stroke(slot);
  }

  void draw_link(const Link& link) {
    const auto rank = static_cast<size_t>(link.series);
    const Series& series = picture_.series[rank];
    const double ya = y_of(PinSide::kQuery, link.query, rank);
    const double yb = y_of(PinSide::kKey, link.key, rank);
    const auto token = [this](PinSide side, size_t item) {
      const AxisItem& one = axis(side).items[item];
      return one.kind == ItemKind::kSink ? -1 : static_cast<int>(one.tokens.begin);
    };
    const FigureEdge edge{panel_.number,
                          series.heads.front(),
                          series.name,
                          token(PinSide::kQuery, link.query),
                          token(PinSide::kKey, link.key),
                          link.value,
                          line_width(link.strength, picture_.series.size()),
                          palette_.opacity(link.strength)};
    edges_.push_back(edge);
    Stroke stroke = stroke_of(link);
    stroke.width = edge.width;
    stroke.opacity = edge.opacity;
    scene_.add(LineMark{x_ + columns_.x1, ya, x_ + columns_.x2, yb, stroke});
    // A pinned token's values once more, as bars beside the other column.
    const double length = kBar * link.strength;
    if (pinned(PinSide::kQuery, link.query)) {
      draw_bar(x_ + columns_.bars_start, yb, length, stroke_of(link));
    }
    if (pinned(PinSide::kKey, link.key)) {
      draw_bar(x_ + columns_.bars_end, ya, -length, stroke_of(link));
    }
  }

  void draw_bar(double x, double y, double length, Stroke stroke) {
    stroke.width = std::max(1.5, 7.0 / static_cast<double>(picture_.series.size())) *
                   picture_.rows.height / 15;
    scene_.add(PathMark{"M" + svg_number(x) + " " + svg_number(y) + "h" + svg_number(length),
                        "none", stroke});
  }

  // Several series: the heaviest line of each is named on the picture, at the first place along the
  // line where the name covers no other. A series without such a place is named by the legend
  // alone.
  void name_lines() {
    std::vector<std::array<double, 2>> placed;
    const std::vector<Link>& links = panel_.links.links;
    for (size_t rank = 0; rank < picture_.series.size(); ++rank) {
      const Series& one = picture_.series[rank];
      const double apart = std::max(34.0, room_for(one.name, kSmall) + 6);
      const auto link = std::find_if(links.rbegin(), links.rend(), [rank](const Link& l) {
        return l.series == static_cast<int>(rank);
      });
      if (link == links.rend()) continue;
      const double ya = y_of(PinSide::kQuery, link->query, rank);
      const double yb = y_of(PinSide::kKey, link->key, rank);
      for (const double t :
           {0.5, 0.4, 0.6, 0.3, 0.7, 0.45, 0.55, 0.35, 0.65, 0.2, 0.8, 0.25, 0.75}) {
        const double at_x = x_ + columns_.x1 + t * (columns_.x2 - columns_.x1);
        const double at_y = ya + t * (yb - ya);
        const bool free = std::none_of(placed.begin(), placed.end(), [&](const auto& other) {
          return std::abs(other[0] - at_x) < apart && std::abs(other[1] - at_y) < 9;
        });
        if (!free) continue;
        placed.push_back({at_x, at_y});
        scene_.add(TextMark{at_x, at_y + 2.9, one.name, kSmall, true, Anchor::kMiddle,
                            std::string(palette_.head(one.slot)), std::string(palette_.paper)});
        break;
      }
    }
  }

  void draw_tokens(PinSide side, double x, Anchor anchor) {
    const Rows& rows = picture_.rows;
    double y = first_;
    for (const size_t item : drawn(side)) {
      picture_.control.cancel.check();
      const AxisItem& one = axis(side).items[item];
      const std::string text = fit_text(one.text, kMostToken / kSubstitute, rows.text);
      if (one.kind == ItemKind::kUnmatched) {
        const double width = room_for(text, rows.text) + 4;
        const Box box{anchor == Anchor::kEnd ? x + 2 - width : x - 2, y - rows.height / 2 + 1,
                      width, rows.height - 2};
        draw_hatching("", std::vector<uint8_t>(64, 1), 2, 32, box, palette_, scene_);
      }
      const bool bold = pinned(side, item);
      if (bold && !palette_.print) {
        const double width = room_for(text, rows.text, Weight::kBold) + 4;
        scene_.add(RectMark{anchor == Anchor::kEnd ? x + 2 - width : x - 2, y - rows.height / 2 + 1,
                            width, rows.height - 2, std::string(palette_.pin), 2});
      }
      scene_.add(TextMark{x,
                          y + rows.text * 0.35,
                          text,
                          rows.text,
                          bold,
                          anchor,
                          std::string(one.kind == ItemKind::kSink ? palette_.muted : palette_.ink),
                          {},
                          true});
      y += rows.height;
    }
  }

  const HeadPicture& picture_;
  const HeadPanel& panel_;
  const Columns& columns_;
  const Palette& palette_;
  double x_, first_ = 0;  // left edge; middle of the first row
  Scene& scene_;
  std::vector<FigureEdge>& edges_;
};

}  // namespace

DrawnItems drawn_items(const PictureAxes& axes, const ViewState& state,
                       const std::vector<PanelAccount>& panels) {
  DrawnItems out;
  if (!state.linked_rows) {
    for (size_t i = 0; i < axes.queries.size(); ++i) out.queries.push_back(i);
    for (size_t i = 0; i < axes.keys.size(); ++i) out.keys.push_back(i);
    return out;
  }
  std::set<size_t> queries, keys;
  for (const PanelAccount& panel : panels) {
    for (const Link& link : panel.set.links) {
      queries.insert(link.query);
      keys.insert(link.key);
    }
  }
  for (const Pin& pin : state.pins) {
    if (pin.side == PinSide::kQuery) queries.insert(*axes.queries.find(pin.index));
    if (pin.side == PinSide::kKey) keys.insert(*axes.keys.find(pin.index));
  }
  out.queries.assign(queries.begin(), queries.end());
  out.keys.assign(keys.begin(), keys.end());
  return out;
}

double draw_head_panel(const HeadPicture& picture, const HeadPanel& panel, double x, double y,
                       Scene& scene, std::vector<FigureEdge>& edges) {
  return Panel(picture, panel, x, scene, edges).draw(y);
}

}  // namespace headscope
