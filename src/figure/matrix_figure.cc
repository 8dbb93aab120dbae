// The matrix view as a figure: query × key rasters of up to nine heads, tokens along the axes.
#include <algorithm>
#include <cmath>

#include "figure/app_keys.h"
#include "figure/caption.h"
#include "figure/figures.h"
#include "figure/head_labels.h"
#include "figure/head_layout.h"
#include "figure/head_legend.h"
#include "figure/links.h"
#include "figure/raster.h"
#include "figure/sinks.h"
#include "figure/svg.h"
#include "figure/text_metrics.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr size_t kMostPlots = 9;
constexpr int64_t kMostPixels = 1024;  // a side of the raster; more cells are pooled
constexpr double kMostCell = 26, kValueCell = 24, kLabel = 70, kTickRow = 9.5;
constexpr double kSink = 10, kSinkGap = 5;  // column of the sinks, px

Pool pool_of(const ViewState& state) {
  return app_entry(state, "po") == "mean" ? Pool::kMean : Pool::kMax;
}

// The rows and columns of the part that is shown.
PictureAxes part_of(PictureAxes axes, const AxesPart& part) {
  const auto cut = [](PictureAxis& axis, Range range, const char* side) {
    if (range.begin >= static_cast<int64_t>(axis.size())) {
      throw Error(ErrorCode::kUsage, std::string(side) + " from " + std::to_string(range.begin),
                  "below " + std::to_string(axis.size()), "", "HS-LINK-01");
    }
    const auto end = std::min<int64_t>(range.end, static_cast<int64_t>(axis.size()));
    axis.items = {axis.items.begin() + range.begin, axis.items.begin() + end};
  };
  cut(axes.queries, part.rows, "queries");
  cut(axes.keys, part.cols, "keys");
  return axes;
}

struct Plot {
  Series series;
  Tile tile;                 // pooled where the text is long
  std::vector<float> sinks;  // [queries]; empty where rows have none
};

class MatrixFigure {
 public:
  explicit MatrixFigure(const FigureInput& input)
      : input_(input),
        state_(input.state),
        info_(input.source.info()),
        palette_(state_.theme),
        ramp_(palette_.dark, state_.quantity == Quantity::kScore),
        stack_(stack_of(state_, info_)),
        heads_(resolve_heads(state_.heads, info_, stack_)),
        part_(matrix_part(state_).value_or(AxesPart())),
        axes_(part_.rows.size() > 0 ? part_of(picture_axes(info_, stack_, state_), part_)
                                    : picture_axes(info_, stack_, state_)),
        rows_(static_cast<int64_t>(axes_.queries.size())),
        cols_(static_cast<int64_t>(axes_.keys.size())),
        pool_((std::max(rows_, cols_) + kMostPixels - 1) / kMostPixels) {
    std::vector<Series> series = series_of(heads_, info_, state_);
    if (series.size() > kMostPlots) {
      throw Error(ErrorCode::kUsage, std::to_string(series.size()) + " matrices in a figure",
                  "at most " + std::to_string(kMostPlots), "Choose fewer heads, or --combine");
    }
    for (Series& one : series)
      plots_.push_back({one, tile_of(one), sink_shares(input.source, one, axes_, state_)});
    find_largest();
  }

  Figure draw() {
    const size_t across = plots_.size() == 1 ? 1 : plots_.size() <= 4 ? 2 : 3;
    const double width = input_.options.width_mm.value_or(across == 1 ? 85 : 174) * kPxPerMm;
    Sheet sheet(width, palette_);
    const std::string title = title_of(input_, name_picture(heads_, info_, state_), heads_);
    sheet.draw_title(title);
    lay_out(width, across);
    double y = sheet.y();
    for (size_t p = 0; p < plots_.size(); ++p) {
      const auto column = static_cast<double>(p % across);
      const double x = kMargin + column * plot_width_;
      draw_plot(plots_[p], x, y, sheet.scene());
      if (p % across == across - 1 || p + 1 == plots_.size()) y += plot_height_;
    }
    y = draw_legend(sheet.scene(), y + 4);
    sheet.move_to(y);
    return finish_figure(std::move(sheet), input_, title, caption(), description(title));
  }

 private:
  Tile tile_of(const Series& series) const {
    TileRequest request;
    request.heads = series.heads;
    request.ops = tile_ops(state_);
    request.ops.combine = series.heads.size() > 1 ? state_.combine : Combine::kSeparate;
    request.rows = {part_.rows.begin, part_.rows.begin + rows_};
    request.cols = {part_.cols.begin, part_.cols.begin + cols_};
    request.pool = pool_of(state_);
    if (pool_ > 1) {
      request.out_rows = (rows_ + pool_ - 1) / pool_;
      request.out_cols = (cols_ + pool_ - 1) / pool_;
    }
    return compute_tile(input_.source, request, input_.control);
  }

  void find_largest() {
    const bool relative = state_.quantity != Quantity::kWeight ||
                          (state_.combine == Combine::kSum && heads_.size() > 1);
    if (!relative) return;
    double most = 0;
    for (const Plot& plot : plots_) {
      for (const float v : plot.tile.values) {
        if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
      }
    }
    if (most > 0) largest_ = most;
  }

  // Rooms of labels and the size of cells.
  void lay_out(double width, size_t across) {
    plot_width_ = (width - 2 * kMargin) / static_cast<double>(across);
    const double gap = across > 1 ? 10 : 0;
    // Where letters would touch, tokens have their index.
    const bool indexed = kTickRow * static_cast<double>(cols_) > plot_width_ - gap - 60;
    left_ = label_room(axes_.queries, indexed) + 14;
    top_ = label_room(axes_.keys, indexed) + 14 + (plots_.size() > 1 ? 14 : 0);
    const double room = plot_width_ - left_ - gap;
    if (room < 40) {
      throw Error(
          ErrorCode::kUsage, "--width-mm " + svg_number(width / kPxPerMm),
          "at least " +
              svg_number(std::ceil(
                  (static_cast<double>(across) * (left_ + gap + 40) + 2 * kMargin) / kPxPerMm)));
    }
    const bool sinks = std::any_of(plots_.begin(), plots_.end(),
                                   [](const Plot& plot) { return !plot.sinks.empty(); });
    cell_ =
        std::min(kMostCell, (room - (sinks ? kSink + kSinkGap : 0)) / static_cast<double>(cols_));
    plot_height_ = top_ + cell_ * static_cast<double>(rows_) + 12;
  }
  static double label_room(const PictureAxis& axis, bool indexed) {
    double room = 20;
    for (const AxisItem& item : axis.items) room = std::max(room, room_for(item.text, kSmall));
    const std::string index = indexed ? std::to_string(axis.items.back().tokens.begin) + " " : "";
    return std::min(room + room_for(index, kSmall), kLabel);
  }

  void draw_plot(const Plot& plot, double x, double y, Scene& scene) const {
    if (plots_.size() > 1) {
      scene.add(TextMark{x + left_, y + 9, plot.series.name, 9.5, true, Anchor::kStart,
                         std::string(palette_.ink)});
    }
    const Box box{x + left_, y + top_, cell_ * static_cast<double>(cols_),
                  cell_ * static_cast<double>(rows_)};
    draw_cells("cells-" + plot.series.name, raster_of(plot), box, ramp_, scene);
    draw_hatching("hidden-" + plot.series.name, hidden(plot), plot.tile.rows, plot.tile.cols, box,
                  palette_, scene);
    draw_pins(box, scene);
    scene.add(PathMark{outline(box), "none", {std::string(palette_.muted), 0.5}});
    draw_values(plot, box, scene);
    if (!plot.sinks.empty()) draw_sinks(plot, box, scene);
    draw_axis(axes_.queries, PinSide::kQuery, box, scene);
    draw_axis(axes_.keys, PinSide::kKey, box, scene);
  }

  // A column of its own right of the keys.
  void draw_sinks(const Plot& plot, const Box& box, Scene& scene) const {
    Raster column{static_cast<int64_t>(plot.sinks.size()), 1, {}};
    for (const float share : plot.sinks) {
      column.values.push_back(strength(static_cast<double>(share), state_.scale, 1));
    }
    const Box beside{box.x + box.width + kSinkGap, box.y, kSink, box.height};
    draw_cells("sink-" + plot.series.name, column, beside, ramp_, scene);
    scene.add(PathMark{outline(beside), "none", {std::string(palette_.muted), 0.5}});
    TextMark name{beside.x + kSink / 2 + 2.8, box.y - 4, "sink", kSmall, false, Anchor::kStart,
                  std::string(palette_.muted)};
    name.turn = -90;
    scene.add(name);
  }

  Raster raster_of(const Plot& plot) const {
    Raster out{plot.tile.rows, plot.tile.cols, {}};
    const auto width = static_cast<size_t>(plot.tile.cols);
    for (size_t i = 0; i < plot.tile.values.size(); ++i) {
      const size_t first = i - i % width;
      double most = 0;
      if (state_.scale == Scale::kRow) {
        for (size_t j = first; j < first + width; ++j) {
          const double v = static_cast<double>(plot.tile.values[j]);
          if (std::isfinite(v)) most = std::max(most, std::abs(v) / largest_);
        }
      }
      const double v = static_cast<double>(plot.tile.values[i]);
      const double s = std::isfinite(v) ? strength(v / largest_, state_.scale, most) : 0;
      out.values.push_back(v < 0 ? -s : s);
    }
    return out;
  }

  // Cells that the mask of every head of the plot hides.
  std::vector<uint8_t> hidden(const Plot& plot) const {
    std::vector<uint8_t> out(static_cast<size_t>(plot.tile.rows * plot.tile.cols), 0);
    if (state_.quantity == Quantity::kRollout || state_.quantity == Quantity::kFlow) return out;
    const StackInfo& stack = info_.stacks[static_cast<size_t>(stack_)];
    const int64_t keys = info_.tokens(stack_, Side::kKey).size();
    for (int64_t r = 0; r < plot.tile.rows; ++r) {
      for (int64_t c = 0; c < plot.tile.cols; ++c) {
        const bool seen = std::any_of(
            plot.series.heads.begin(), plot.series.heads.end(), [&](const HeadRef& head) {
              return sees(stack.layer(head.id.layer).rule.mask,
                          pixel(axes_.queries, r, rows_, plot.tile.rows),
                          pixel(axes_.keys, c, cols_, plot.tile.cols), keys);
            });
        out[static_cast<size_t>(r * plot.tile.cols + c)] = !seen;
      }
    }
    return out;
  }
  // Tokens that row or column `at` of `pixels` stands for.
  static Range pixel(const PictureAxis& axis, int64_t at, int64_t items, int64_t pixels) {
    const int64_t first = at * items / pixels, end = (at + 1) * items / pixels;
    return {axis.items[static_cast<size_t>(first)].tokens.begin,
            axis.items[static_cast<size_t>(end - 1)].tokens.end};
  }
  static bool sees(const MaskInfo& mask, Range queries, Range keys, int64_t all) {
    for (const int64_t q : {queries.begin, queries.end - 1}) {
      const Range seen = visible_keys(mask, q, all);
      if (seen.begin < keys.end && keys.begin < seen.end) return true;
    }
    return false;
  }

  void draw_values(const Plot& plot, const Box& box, Scene& scene) const {
    if (cell_ < kValueCell || pool_ > 1) return;
    const Raster raster = raster_of(plot);
    for (size_t i = 0; i < raster.values.size(); ++i) {
      const double v = static_cast<double>(plot.tile.values[i]);
      if (!std::isfinite(v) || (largest_ == 1 && v < 0.005)) continue;
      const std::string text =
          largest_ == 1 ? score_words(v) : svg_number(v, std::abs(v) < 10 ? 2 : 1);
      const auto row = static_cast<double>(i / static_cast<size_t>(plot.tile.cols));
      const auto col = static_cast<double>(i % static_cast<size_t>(plot.tile.cols));
      const bool light = ramp_.is_dark(ramp_.index(raster.values[i]));
      scene.add(TextMark{box.x + (col + 0.5) * cell_, box.y + (row + 0.5) * cell_ + 2.9, text,
                         kSmall, false, Anchor::kMiddle, light ? "#FFFFFF" : "#1A1F26"});
    }
  }

  void draw_pins(const Box& box, Scene& scene) const {
    for (const Pin& pin : state_.pins) {
      const bool query = pin.side == PinSide::kQuery;
      const auto item = (query ? axes_.queries : axes_.keys).find(pin.index);
      if (!item) {
        throw Error(ErrorCode::kUsage,
                    "pinned token " + std::string(query ? "q" : "k") + std::to_string(pin.index),
                    "the index of a token that is shown");
      }
      const double at = static_cast<double>(*item) * cell_;
      const Box row = query ? Box{box.x, box.y + at, box.width, cell_}
                            : Box{box.x + at, box.y, cell_, box.height};
      scene.add(PathMark{outline(row), "none", {std::string(palette_.negative), 1}});
    }
  }

  // Every token, or every k-th with its index where letters would touch.
  void draw_axis(const PictureAxis& axis, PinSide side, const Box& box, Scene& scene) const {
    const auto step = static_cast<size_t>(std::ceil(kTickRow / cell_ - 1e-9));
    const bool query = side == PinSide::kQuery;
    for (size_t i = 0; i < axis.size(); i += std::max<size_t>(1, step)) {
      input_.control.cancel.check();
      const AxisItem& item = axis.items[i];
      std::string text = item.text;
      if (step > 1) text = std::to_string(item.tokens.begin) + " " + text;
      text = fit_text(
          text, (query ? left_ : top_ - (plots_.size() > 1 ? 14 : 0)) / kSubstitute - 12, kSmall);
      const double middle = (static_cast<double>(i) + 0.5) * cell_;
      const bool bold = std::any_of(state_.pins.begin(), state_.pins.end(), [&](const Pin& pin) {
        return pin.side == side && axis.find(pin.index) == i;
      });
      TextMark mark{0,
                    0,
                    text,
                    kSmall,
                    bold,
                    query ? Anchor::kEnd : Anchor::kStart,
                    std::string(palette_.ink),
                    {},
                    true};
      if (query) {
        mark.x = box.x - 4;
        mark.y = box.y + middle + 2.8;
      } else {
        mark.x = box.x + middle + 2.8;
        mark.y = box.y - 4;
        mark.turn = -90;
      }
      scene.add(mark);
    }
    const std::string name = query ? kQueryHeading : kKeyHeading;
    const double length = query ? box.height : box.width;
    if (room_for(name, kSmall) > std::max(length, 60.0) + 60) return;
    TextMark heading{
        box.x, box.y, name, kSmall, false, Anchor::kStart, std::string(palette_.muted)};
    if (query) {
      heading.x = box.x - left_ + 8;
      heading.y = box.y + box.height;
      heading.turn = -90;
    } else {
      heading.y = box.y - top_ + 8 + (plots_.size() > 1 ? 14 : 0);
    }
    scene.add(heading);
  }

  double draw_legend(Scene& scene, double y) const {
    const std::string most = largest_ == 1 ? "1" : short_number(largest_);
    const std::string name(words_of(state_.quantity).one);
    double x = kMargin;
    scene.add(TextMark{x, y + 7, name, kSmall, false, Anchor::kStart, std::string(palette_.muted)});
    x += room_for(name, kSmall) + 6;
    const bool row = state_.scale == Scale::kRow;
    x = draw_ramp(ramp_, x, y, ramp_.is_signed() ? "−" + most : "0", "",
                  row ? "row’s largest" : most, palette_, scene);
    const auto masked = std::any_of(plots_.begin(), plots_.end(), [&](const Plot& plot) {
      const std::vector<uint8_t> cells = hidden(plot);
      return std::find(cells.begin(), cells.end(), uint8_t{1}) != cells.end();
    });
    if (masked) {
      const Box patch{x + 14, y, 16, 8};
      draw_hatching("hidden-legend", std::vector<uint8_t>(8, 1), 2, 4, patch, palette_, scene);
      scene.add(PathMark{outline(patch), "none", {std::string(palette_.muted), 0.5}});
      scene.add(TextMark{x + 34, y + 7, "masked", kSmall, false, Anchor::kStart,
                         std::string(palette_.muted)});
    }
    return y + 12;
  }

  std::string caption() const {
    const auto step = static_cast<int64_t>(std::ceil(kTickRow / cell_ - 1e-9));
    std::string account = scale_words(state_, largest_);
    account += " each cell is one of " + std::to_string(rows_) + " × " + std::to_string(cols_) +
               " " + std::string(words_of(state_.quantity).many) + ".";
    if (pool_ > 1) {
      account = scale_words(state_, largest_) + " each pixel is the " +
                (pool_of(state_) == Pool::kMax ? "largest" : "mean") + " of " +
                std::to_string(pool_) + " × " + std::to_string(pool_) + " of the " +
                std::to_string(rows_) + " × " + std::to_string(cols_) + " " +
                std::string(words_of(state_.quantity).many) + ".";
    }
    if (std::any_of(plots_.begin(), plots_.end(), [](const Plot& p) { return !p.sinks.empty(); })) {
      account += " Beside the keys: what goes to the sink, which is no token.";
    }
    if (part_.rows.size() > 0) {
      account += " A part: queries from " + token_name(axes_.queries.items.front()) + " to " +
                 token_name(axes_.queries.items.back()) + ", keys from " +
                 token_name(axes_.keys.items.front()) + " to " +
                 token_name(axes_.keys.items.back()) + ".";
    }
    if (step > 1) account += " Every " + std::to_string(step) + "th token is named.";
    return caption_of(info_, stack_, state_, in_sentence(name_picture(heads_, info_, state_)),
                      account);
  }

  std::string description(const std::string& title) const {
    std::string out = title + ". A row is a token being updated, a column a token attended to.";
    for (const Plot& plot : plots_) {
      const auto most = std::max_element(plot.tile.values.begin(), plot.tile.values.end());
      const int64_t at = most - plot.tile.values.begin();
      const auto item = [](const PictureAxis& axis, int64_t i, int64_t items, int64_t pixels) {
        return token_name(axis.items[static_cast<size_t>(i * items / pixels)]);
      };
      out += " " + plot.series.name + ": largest " + svg_number(static_cast<double>(*most), 4) +
             ", " + item(axes_.queries, at / plot.tile.cols, rows_, plot.tile.rows) + " to " +
             item(axes_.keys, at % plot.tile.cols, cols_, plot.tile.cols) + ".";
    }
    return out;
  }

  const FigureInput& input_;
  const ViewState& state_;
  const TraceInfo& info_;
  Palette palette_;
  Ramp ramp_;
  int stack_;
  std::vector<HeadRef> heads_;
  AxesPart part_;        // empty: the whole matrix
  PictureAxes axes_;     // of the part
  int64_t rows_, cols_;  // items
  int64_t pool_;         // items a pixel, along either axis
  std::vector<Plot> plots_;
  double largest_ = 1;
  double plot_width_ = 0, plot_height_ = 0, left_ = 0, top_ = 0, cell_ = 0;
};

}  // namespace

Figure draw_matrix_figure(const FigureInput& input) { return MatrixFigure(input).draw(); }

}  // namespace headscope
