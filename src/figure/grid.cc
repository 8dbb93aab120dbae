#include "figure/grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "figure/app_keys.h"
#include "figure/measures.h"
#include "figure/svg.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr double kAxis = 20, kSpace = 3;  // px: names of layers; between cells

// `share` of `over` on `under`, both "#RRGGBB".
std::string blend(std::string_view over, std::string_view under, double share) {
  std::string out = "#";
  for (size_t c = 0; c < 3; ++c) {
    const auto part = [c](std::string_view colour) {
      return static_cast<double>(
          std::strtol(std::string(colour.substr(1 + 2 * c, 2)).c_str(), nullptr, 16));
    };
    char text[4];
    std::snprintf(
        text, sizeof text, "%02X",
        static_cast<unsigned>(std::lround(part(under) + (part(over) - part(under)) * share)));
    out += text;
  }
  return out;
}

std::optional<size_t> slot_of(LabelFamily family) {
  switch (family) {
    case LabelFamily::kPositional:
      return 0;
    case LabelFamily::kLexical:
      return 2;
    case LabelFamily::kDelimiter:
      return 5;
    case LabelFamily::kDiffuse:
      return 4;
    case LabelFamily::kMixed:
      break;
  }
  return std::nullopt;
}

}  // namespace

HeadGrid::HeadGrid(const StackInfo& stack, const ViewState& state) {
  for (const LayerInfo& layer : stack.layers) {
    if (layer.heads == 0 || !names_number(state, "gl", layer.layer)) continue;
    layers_.push_back(layer.layer);
    for (int h = 0; h < layer.heads; ++h) {
      if (!names_number(state, "gh", h)) continue;
      heads_.push_back({layer.layer, h});
      if (std::find(columns_.begin(), columns_.end(), h) == columns_.end()) columns_.push_back(h);
    }
  }
  std::sort(columns_.begin(), columns_.end());
  if (heads_.empty()) {
    throw Error(ErrorCode::kUsage, "a grid without a head", "layers and heads that there are", "",
                "HS-LINK-01");
  }
}

void HeadGrid::lay_out(const GridRoom& room) {
  left_ = room.x + kMargin + kAxis;
  top_ = room.top + 20;
  under_ = room.under;
  cell_ = 0;
  const auto columns = static_cast<double>(columns_.size());
  for (size_t rows = layers_.size(); rows > 0; rows = rows > 1 ? (rows + 1) / 2 : 0) {
    const size_t side_by_side = (layers_.size() + rows - 1) / rows;
    const auto blocks = static_cast<double>(side_by_side);
    const double across = (room.width - 2 * kMargin - blocks * kAxis) / (blocks * columns);
    const double down = room.tall / static_cast<double>(rows) - room.under;
    const double cell =
        std::min({across, room.most, std::max(down, std::min(across, room.readable))});
    // More blocks must make the cells at least a tenth larger.
    if (cell < 1.1 * cell_) break;
    cell_ = cell;
    rows_ = rows;
  }
  tall_ = cell_ + room.under;
}

double HeadGrid::block_left(size_t block) const {
  return left_ +
         static_cast<double>(block) * (cell_ * static_cast<double>(columns_.size()) + kAxis);
}

Box HeadGrid::box(HeadId id) const {
  const auto layer = static_cast<size_t>(
      std::lower_bound(layers_.begin(), layers_.end(), id.layer) - layers_.begin());
  const auto column =
      std::lower_bound(columns_.begin(), columns_.end(), id.head) - columns_.begin();
  return {block_left(layer / rows_) + cell_ * static_cast<double>(column),
          top_ + tall_ * static_cast<double>(layer % rows_), cell_ - kSpace,
          tall_ - kSpace - under_};
}

double HeadGrid::bottom() const { return top_ + tall_ * static_cast<double>(rows_); }

void HeadGrid::draw_axes(const Palette& palette, Scene& scene) const {
  // Every k-th number where letters would touch.
  const auto step = static_cast<size_t>(std::max(1.0, std::ceil(11 / cell_)));
  for (size_t block = 0; block < blocks(); ++block) {
    const double left = block_left(block);
    for (size_t c = 0; c < columns_.size(); c += step) {
      scene.add(small_text(left + cell_ * static_cast<double>(c) + (cell_ - kSpace) / 2, top_ - 4,
                           std::to_string(columns_[c]), palette.muted, Anchor::kMiddle));
    }
    scene.add(small_text(left, top_ - 14, "Head", palette.muted));
  }
  const auto every = static_cast<size_t>(std::max(1.0, std::ceil(9 / tall_)));
  for (size_t l = 0; l < layers_.size(); ++l) {
    if (l % rows_ % every != 0) continue;
    const Box first = box({layers_[l], columns_.front()});
    scene.add(small_text(first.x - 5, first.y + first.height / 2 + 2.8, std::to_string(layers_[l]),
                         palette.muted, Anchor::kEnd));
  }
  TextMark name = small_text(left_ - kAxis + 4, top_ + 26, "Layer", palette.muted);
  name.turn = -90;
  scene.add(name);
}

std::string label_tint(const HeadLabel& label, const Palette& palette) {
  const std::string_view paper = palette.dark ? "#1C2127" : "#FFFFFF";
  const auto slot = slot_of(label.label->family);
  if (!slot) return std::string(paper);
  const double score = std::isfinite(label.score) ? std::clamp(label.score, 0.0, 1.0) : 0.5;
  return blend(palette.head(slot), paper, 0.08 + 0.32 * score);
}

double draw_label_legend(const std::vector<HeadLabel>& labels, const Palette& palette, double y,
                         double width, Scene& scene) {
  double x = kMargin;
  const auto entry = [&](const LabelInfo& label) {
    const auto count = std::count_if(labels.begin(), labels.end(), [&](const HeadLabel& one) {
      return one.label->name == label.name;
    });
    if (count == 0) return;
    const std::string words = std::string(label.words) + " " + std::to_string(count);
    const double room = 13 + room_for(words, kSmall);
    if (x > kMargin && x + room > width - kMargin) {
      x = kMargin;
      y += 12;
    }
    scene.add(TextMark{x, y, std::string(label.glyph), kSmall + 1, true, Anchor::kStart,
                       std::string(palette.ink)});
    scene.add(small_text(x + 13, y, words, palette.muted));
    x += room + 10;
  };
  if (labels.empty()) return y - 12;
  for (const LabelInfo& label : label_table()) entry(label);
  entry(label_info(""));
  return y + 4;
}

std::string label_words(const std::vector<HeadLabel>& labels) {
  constexpr size_t kNamed = 6;
  std::string out;
  for (const LabelInfo& label : label_table()) {
    std::vector<const HeadLabel*> heads;
    for (const HeadLabel& one : labels) {
      if (one.label->name == label.name) heads.push_back(&one);
    }
    if (heads.empty()) continue;
    std::stable_sort(heads.begin(), heads.end(), [](const HeadLabel* a, const HeadLabel* b) {
      return (std::isfinite(a->score) ? a->score : 0) > (std::isfinite(b->score) ? b->score : 0);
    });
    out += " " + std::string(label.words) + ": " + std::to_string(heads.size()) +
           (heads.size() == 1 ? " head (" : " heads (");
    for (size_t i = 0; i < std::min(kNamed, heads.size()); ++i) {
      out += (i == 0 ? "" : ", ") + to_string(heads[i]->id) + " " + score_words(heads[i]->score);
    }
    out += heads.size() > kNamed ? ", …)." : ").";
  }
  return out;
}

}  // namespace headscope
