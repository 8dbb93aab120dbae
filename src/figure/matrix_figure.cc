// The matrix view as a figure: query × key rasters of up to nine heads, tokens along the axes.
#include <algorithm>
#include <cmath>

#include "figure/app_keys.h"
#include "figure/caption.h"
#include "figure/figures.h"
#include "figure/head_legend.h"
#include "figure/matrix_plot.h"
#include "figure/raster.h"
#include "figure/sinks.h"
#include "figure/svg.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr size_t kMostPlots = 9;
constexpr int64_t kMostPixels = 1024;  // a side of the raster; more cells are pooled
constexpr double kMostCell = 26, kLabel = 70, kName = 14;  // px

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

class MatrixFigure : StackFigure {
 public:
  explicit MatrixFigure(const FigureInput& input)
      : StackFigure(input, input.state.quantity == Quantity::kScore),
        heads_(resolve_heads(state_.heads, info_, stack_)),
        part_(matrix_part(state_).value_or(AxesPart())),
        whole_(picture_axes(info_, stack_, state_)),
        axes_(part_.rows.size() > 0 ? part_of(whole_, part_) : whole_),
        rows_(static_cast<int64_t>(axes_.queries.size())),
        cols_(static_cast<int64_t>(axes_.keys.size())),
        pool_((std::max(rows_, cols_) + kMostPixels - 1) / kMostPixels),
        look_{state_, axes_,         palette_,
              ramp_,  input.control, MapColours(state_, longer_side(whole_))} {
    std::vector<Series> series = series_of(heads_, info_, state_);
    if (series.size() > kMostPlots) {
      throw Error(ErrorCode::kUsage, std::to_string(series.size()) + " matrices in a figure",
                  "at most " + std::to_string(kMostPlots), "Choose fewer heads, or --combine");
    }
    for (const Series& one : series) {
      Tile tile = compute(request_of(one));
      std::vector<uint8_t> hidden = hidden_cells(one, tile, axes_, info_, state_.quantity);
      plots_.push_back({one, std::move(tile), sink_shares(input.source, one, axes_, state_),
                        std::move(hidden), row_largest(one)});
    }
    find_largest();
  }

  Figure draw() {
    const size_t across = plots_.size() == 1 ? 1 : plots_.size() <= 4 ? 2 : 3;
    const double width = this->width(across == 1 ? 85 : 174);
    Sheet sheet(width, palette_);
    const std::string title = title_of(input_, name_picture(heads_, info_, state_), heads_);
    sheet.draw_title(title);
    lay_out(width, across);
    double y = sheet.y();
    for (size_t p = 0; p < plots_.size(); ++p) {
      const auto column = static_cast<double>(p % across);
      const double x = kMargin + column * plot_width_;
      draw_matrix(plots_[p], look_, x, y, sheet.scene());
      if (p % across == across - 1 || p + 1 == plots_.size()) y += plot_height_;
    }
    y = draw_legend(sheet.scene(), y + 4);
    sheet.move_to(y);
    return finish_figure(std::move(sheet), input_, title, caption(), description(title));
  }

 private:
  TileRequest request_of(const Series& series) const {
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
    return request;
  }

  Tile compute(const TileRequest& request) const {
    return compute_tile(input_.source, request, input_.control);
  }

  // Of whole rows, also where a part of the keys is shown.
  std::vector<float> row_largest(const Series& series) const {
    if (look_.colours.scale() != ColourScale::kRow) return {};
    TileRequest request = request_of(series);
    request.cols = {0, static_cast<int64_t>(whole_.keys.size())};
    request.out_cols = 1;
    request.pool = Pool::kMax;
    return compute(request).values;
  }

  void find_largest() {
    const bool relative = state_.quantity != Quantity::kWeight ||
                          (state_.combine == Combine::kSum && heads_.size() > 1);
    if (!relative) return;
    double most = 0;
    for (const MatrixPlot& plot : plots_) {
      for (const float v : plot.tile.values) {
        if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
      }
    }
    if (most > 0) look_.colours.largest = most;
  }

  // Rooms of labels and the size of cells.
  void lay_out(double width, size_t across) {
    plot_width_ = (width - 2 * kMargin) / static_cast<double>(across);
    const double gap = across > 1 ? 10 : 0;
    // Where letters would touch, tokens have their index.
    const bool indexed = kTickRow * static_cast<double>(cols_) > plot_width_ - gap - 60;
    look_.name = plots_.size() > 1 ? kName : 0;
    look_.left = label_room(axes_.queries, indexed) + 14;
    look_.top = label_room(axes_.keys, indexed) + 14 + look_.name;
    const double room = plot_width_ - look_.left - gap;
    if (room < 40) {
      const double least = static_cast<double>(across) * (look_.left + gap + 40) + 2 * kMargin;
      throw Error(ErrorCode::kUsage, "--width-mm " + svg_number(width / kPxPerMm),
                  "at least " + svg_number(std::ceil(least / kPxPerMm)));
    }
    look_.cell = std::min(
        kMostCell, (room - (any_sinks() ? kSink + kSinkGap : 0)) / static_cast<double>(cols_));
    plot_height_ = look_.top + look_.cell * static_cast<double>(rows_) + 12;
  }
  bool any_sinks() const {
    return std::any_of(plots_.begin(), plots_.end(),
                       [](const MatrixPlot& plot) { return !plot.sinks.empty(); });
  }
  static double label_room(const PictureAxis& axis, bool indexed) {
    double room = 20;
    for (const AxisItem& item : axis.items) room = std::max(room, room_for(item.text, kSmall));
    const std::string index = indexed ? std::to_string(axis.items.back().tokens.begin) + " " : "";
    return std::min(room + room_for(index, kSmall), kLabel);
  }

  double draw_legend(Scene& scene, double y) const {
    const MapColours::Legend legend = look_.colours.legend();
    const std::string name(words_of(state_.quantity).one);
    double x = kMargin;
    scene.add(small_text(x, y + 7, name, palette_.muted));
    x += room_for(name, kSmall) + 6;
    x = draw_ramp(ramp_, x, y, legend, palette_, scene);
    const bool masked = std::any_of(plots_.begin(), plots_.end(), [](const MatrixPlot& plot) {
      return std::find(plot.hidden.begin(), plot.hidden.end(), uint8_t{1}) != plot.hidden.end();
    });
    if (masked) {
      const Box patch{x + 14, y, 16, 8};
      draw_hatching("hidden-legend", std::vector<uint8_t>(8, 1), 2, 4, patch, palette_, scene);
      scene.add(PathMark{outline(patch), "none", {std::string(palette_.muted), 0.5}});
      scene.add(small_text(x + 34, y + 7, "masked", palette_.muted));
    }
    return y + 12;
  }

  std::string caption() const {
    const std::string values = std::to_string(rows_) + " × " + std::to_string(cols_) + " " +
                               std::string(words_of(state_.quantity).many) + ".";
    std::string account = look_.colours.words();
    if (pool_ == 1) {
      account += " each cell is one of " + values;
    } else {
      account += std::string(" each pixel is the ") +
                 (pool_of(state_) == Pool::kMax ? "largest" : "mean") + " of " +
                 std::to_string(pool_) + " × " + std::to_string(pool_) + " of the " + values;
    }
    if (any_sinks()) {
      account += " Beside the keys: what goes to the sink, which is no token.";
    }
    if (part_.rows.size() > 0) {
      account += " A part: queries from " + token_name(axes_.queries.items.front()) + " to " +
                 token_name(axes_.queries.items.back()) + ", keys from " +
                 token_name(axes_.keys.items.front()) + " to " +
                 token_name(axes_.keys.items.back()) + ".";
    }
    const int64_t step = named_step(look_.cell);
    if (step > 1) account += " One token in " + std::to_string(step) + " is named.";
    return caption_of(info_, stack_, state_, in_sentence(name_picture(heads_, info_, state_)),
                      account);
  }

  std::string description(const std::string& title) const {
    std::string out = title + ". A row is a token being updated, a column a token attended to.";
    for (const MatrixPlot& plot : plots_) {
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

  std::vector<HeadRef> heads_;
  AxesPart part_;  // empty: the whole matrix
  PictureAxes whole_;
  PictureAxes axes_;     // of the part
  int64_t rows_, cols_;  // items
  int64_t pool_;         // items a pixel, along either axis
  std::vector<MatrixPlot> plots_;
  MatrixLook look_;
  double plot_width_ = 0, plot_height_ = 0;
};

}  // namespace

Figure draw_matrix_figure(const FigureInput& input) { return MatrixFigure(input).draw(); }

}  // namespace headscope
