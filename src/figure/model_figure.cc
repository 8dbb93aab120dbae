// The model view as a figure: a small picture of every head, layers downwards, heads across, each
// with its pattern on this text.
#include <algorithm>
#include <cmath>
#include <map>

#include "figure/app_keys.h"
#include "figure/caption.h"
#include "figure/colour_scale.h"
#include "figure/figures.h"
#include "figure/grid.h"
#include "figure/head_labels.h"
#include "figure/head_legend.h"
#include "figure/links.h"
#include "figure/measures.h"
#include "figure/raster.h"
#include "figure/svg.h"
#include "headscope/error.h"
#include "headscope/flow.h"

namespace headscope {
namespace {

constexpr double kLeastWeight = 0.05;  // drawn in a thumbnail
constexpr size_t kHeaviest = 8;        // lines a query has there
constexpr size_t kLinesUpTo = 64;      // items a side; beyond that thumbnails are matrices
constexpr int64_t kThumbPixels = 64;
constexpr int kInkSteps = 10;  // lines of a thumbnail are one path for each step of strength

enum class Thumbs { kLines, kMatrix, kReceived };

Thumbs thumbs_of(const ViewState& state, const PictureAxes& axes) {
  const std::string wanted = app_entry(state, "tn");
  if (wanted == "lines") return Thumbs::kLines;
  if (wanted == "matrix") return Thumbs::kMatrix;
  if (wanted == "received") return Thumbs::kReceived;
  return longer_side(axes) <= kLinesUpTo ? Thumbs::kLines : Thumbs::kMatrix;
}

class ModelFigure : StackFigure {
 public:
  explicit ModelFigure(const FigureInput& input)
      : StackFigure(input, input.state.quantity == Quantity::kScore),
        axes_(picture_axes(info_, stack_, state_)),
        thumbs_(thumbs_of(state_, axes_)),
        colours_(state_, longer_side(axes_)),
        grid_(stack(), state_) {}

  Figure draw() {
    compute();
    const double width = this->width(174);
    Sheet sheet(width, palette_);
    const std::string title = title_of(input_, name(), {});
    sheet.draw_title(title);
    grid_.lay_out({.top = sheet.y(), .width = width, .under = 11});
    if (grid_.cell() < 20) {
      throw Error(
          ErrorCode::kUsage, "--width-mm " + svg_number(width / kPxPerMm),
          "at least 20 px a head: " + svg_number(std::ceil(width / kPxPerMm * 20 / grid_.cell())));
    }
    grid_.draw_axes(palette_, sheet.scene());
    for (size_t i = 0; i < grid_.heads().size(); ++i) draw_thumb(i, sheet.scene());
    sheet.move_to(draw_legend(sheet.scene(), grid_.bottom() + 8));
    return finish_figure(std::move(sheet), input_, title, caption(), description(title));
  }

 private:
  std::string name() const {
    const std::string_view quantity = words_of(state_.quantity).title;
    const std::string of = info_.stacks.size() > 1 ? " of the " + stack_words(stack()) : "";
    const bool part = !app_entry(state_, "gl").empty() || !app_entry(state_, "gh").empty();
    return (part ? "" : "All ") + std::to_string(grid_.heads().size()) + " heads" + of +
           (quantity.empty() ? "" : ", " + std::string(quantity));
  }

  // Values of every head, pooled where the text is long.
  void compute() {
    std::vector<TileRequest> requests;
    const auto rows = static_cast<int64_t>(axes_.queries.size());
    const auto cols = static_cast<int64_t>(axes_.keys.size());
    for (const HeadId id : grid_.heads()) {
      TileRequest request;
      request.heads = {{stack_, id}};
      request.ops = tile_ops(state_);
      request.ops.combine = Combine::kSeparate;
      request.rows = {0, rows};
      request.cols = {0, cols};
      if (thumbs_ == Thumbs::kMatrix) {
        request.out_rows = std::min(rows, kThumbPixels);
        request.out_cols = std::min(cols, kThumbPixels);
      } else if (thumbs_ == Thumbs::kReceived) {
        request.out_rows = 1;
        request.out_cols = std::min(cols, kThumbPixels);
        request.pool = Pool::kMean;
      }
      requests.push_back(request);
    }
    tiles_ = compute_tiles(input_.source, requests, input_.control);
    if (!is_of_layer(state_.quantity)) labels_ = head_labels(input_, stack_, grid_.heads());
    if (state_.quantity == Quantity::kWeight) {
      if (thumbs_ == Thumbs::kReceived) {
        colours_.largest = 4.0 / static_cast<double>(rows);
        colours_.largest_is = "four times even attention";
      }
      return;
    }
    double most = 0;
    for (const Tile& tile : tiles_) {
      for (const float v : tile.values) {
        if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
      }
    }
    if (most > 0) colours_.largest = most;
  }

  void draw_thumb(size_t i, Scene& scene) const {
    input_.control.cancel.check();
    const HeadId id = grid_.heads()[i];
    const Box box = grid_.box(id);
    const std::string head = to_string(id);
    scene.add(RectMark{box.x, box.y, box.width, box.height, palette_.dark ? "#1C2127" : "#FFFFFF"},
              "thumb-" + head);
    if (thumbs_ == Thumbs::kLines) {
      draw_lines(tiles_[i], box, scene);
    } else {
      const Raster raster{tiles_[i].rows, tiles_[i].cols, colours_.strengths(tiles_[i])};
      draw_image("cells-" + head, raster, box, ramp_, scene);
    }
    scene.add(PathMark{outline(box), "none", {std::string(palette_.hairline), 0.75}});
    if (i >= labels_.size()) return;
    const HeadLabel& label = labels_[i];
    const std::string text = std::string(label.label->glyph) +
                             (std::isfinite(label.score) ? " " + score_words(label.score) : "");
    scene.add(small_text(box.x + box.width / 2, box.y + box.height + 8.5, text, palette_.ink,
                         Anchor::kMiddle),
              "label-" + head);
  }

  void draw_lines(const Tile& tile, const Box& box, Scene& scene) const {
    std::map<int, std::string> paths;  // by step of strength, negative ones below 0
    const double largest = colours_.relative_to(tile);
    const double left = box.x + 2, right = box.x + box.width - 2;
    const double top = box.y + 2, tall = box.height - 4;
    for (int64_t r = 0; r < tile.rows; ++r) {
      const double most = largest_of_row(tile, static_cast<size_t>(r)) / largest;
      for (const int64_t c : heaviest(tile, r)) {
        const double v = static_cast<double>(tile.values[static_cast<size_t>(r * tile.cols + c)]);
        const double s = strength(v / largest, state_.scale, most);
        const int step = static_cast<int>(std::ceil(s * kInkSteps));
        if (step == 0) continue;
        paths[v < 0 ? -step : step] += "M" + svg_number(left) + " " +
                                       svg_number(top + (static_cast<double>(r) + 0.5) * tall /
                                                            static_cast<double>(tile.rows)) +
                                       "L" + svg_number(right) + " " +
                                       svg_number(top + (static_cast<double>(c) + 0.5) * tall /
                                                            static_cast<double>(tile.cols));
      }
    }
    for (const auto& [step, d] : paths) {
      const double s = static_cast<double>(std::abs(step)) / kInkSteps;
      Stroke stroke = step < 0 ? palette_.negative_stroke(std::nullopt, 1)
                               : Stroke{std::string(palette_.positive)};
      stroke.width = 0.4 + 1.2 * s;
      stroke.opacity = palette_.opacity(s);
      scene.add(PathMark{d, "none", stroke});
    }
  }

  std::vector<int64_t> heaviest(const Tile& tile, int64_t row) const {
    const float* values = tile.values.data() + row * tile.cols;
    const double largest = colours_.relative_to(tile);
    std::vector<int64_t> keys;
    for (int64_t c = 0; c < tile.cols; ++c) {
      const double size = std::abs(static_cast<double>(values[c])) / largest;
      if (std::isfinite(size) && size >= kLeastWeight) keys.push_back(c);
    }
    std::stable_sort(keys.begin(), keys.end(), [&](int64_t a, int64_t b) {
      return std::abs(values[a]) > std::abs(values[b]);
    });
    if (keys.size() > kHeaviest) keys.resize(kHeaviest);
    return keys;
  }

  double draw_legend(Scene& scene, double y) const {
    const double largest = colours_.largest;
    double x = kMargin;
    std::string one(words_of(state_.quantity).one);
    if (own() && thumbs_ == Thumbs::kLines) one += " / each head’s largest";
    scene.add(small_text(x, y + 7, one, palette_.muted));
    x += room_for(one, kSmall) + 6;
    if (thumbs_ != Thumbs::kLines) {
      draw_ramp(ramp_, x, y, colours_.legend(), palette_, scene);
    } else {
      for (const double v : {0.1, 0.5, 1.0}) {
        const double s = strength(v, state_.scale, 1);
        Stroke stroke{std::string(palette_.positive), 0.4 + 1.2 * s, palette_.opacity(s)};
        scene.add(PathMark{"M" + svg_number(x) + " " + svg_number(y + 4) + "h20", "none", stroke});
        const std::string number =
            own() || largest == 1 ? svg_number(v) : short_number(v * largest);
        scene.add(small_text(x + 23, y + 7, number, palette_.muted));
        x += 26 + std::max(16.0, room_for(number, kSmall) + 4);
      }
    }
    return draw_label_legend(labels_, palette_, y + 20, scene.width, scene);
  }

  bool own() const { return colours_.scale() == ColourScale::kOwn; }

  std::string caption() const {
    const bool lines = thumbs_ == Thumbs::kLines;
    std::string account =
        lines && !own() ? scale_words(state_, colours_.largest) : colours_.words();
    if (lines) {
      account += " of each query the " + std::to_string(kHeaviest) + " heaviest values from " +
                 (own() ? svg_number(kLeastWeight) + " of the head’s largest"
                        : short_number(kLeastWeight * colours_.largest)) +
                 " on are lines from the query (left) to the key (right).";
    } else if (thumbs_ == Thumbs::kReceived) {
      account += " each picture is what each of " + std::to_string(axes_.keys.size()) +
                 " keys receives on average over " + std::to_string(axes_.queries.size()) +
                 " queries.";
    } else {
      account += " each picture is " + std::to_string(axes_.queries.size()) +
                 " queries (downwards) × " + std::to_string(axes_.keys.size()) +
                 " keys, each pixel the largest value in it.";
    }
    if (!labels_.empty()) {
      account +=
          " Below each picture the head’s pattern on this text with its score; what needs "
          "the model (related words, induction) is not among them.";
    }
    return caption_of(info_, stack_, state_, in_sentence(name()), account);
  }

  std::string description(const std::string& title) const {
    return title + ". Rows are layers, columns heads." + label_words(labels_);
  }

  PictureAxes axes_;
  Thumbs thumbs_;
  MapColours colours_;  // lines take their ink from the state's scale
  HeadGrid grid_;
  std::vector<Tile> tiles_;        // one a head
  std::vector<HeadLabel> labels_;  // one a head, or none
};

}  // namespace

Figure draw_model_figure(const FigureInput& input) { return ModelFigure(input).draw(); }

}  // namespace headscope
