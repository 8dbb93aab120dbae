// The neuron view as a figure: one query of one head against its keys, taken apart into query, key,
// their elementwise product, the score and the weight.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

#include "figure/app_keys.h"
#include "figure/caption.h"
#include "figure/figures.h"
#include "figure/head_legend.h"
#include "figure/measures.h"
#include "figure/neuron_parts.h"
#include "figure/neuron_words.h"
#include "figure/raster.h"
#include "figure/svg.h"
#include "figure/text_metrics.h"
#include "headscope/error.h"
#include "headscope/token_text.h"

namespace headscope {
namespace {

constexpr size_t kAllKeysUpTo = 128, kHeaviest = 50;
constexpr double kToken = 74, kGap = 9, kScore = 44, kBar = 60, kNumber = 30, kBias = 44;

double sum_of_squares(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
  return sum;
}

class NeuronFigure : StackFigure {
 public:
  explicit NeuronFigure(const FigureInput& input)
      : StackFigure(input, true),
        parts_(neuron_parts(input.source, state_)),
        heads_({parts_.head}),
        queries_(info_.tokens(stack_, Side::kQuery)),
        keys_(info_.tokens(stack_, Side::kKey)),
        layer_(stack().layer(parts_.head.id.layer)),
        dim_(parts_.query.size()) {
    choose_keys();
    order_neurons();
  }

  Figure draw() {
    const double width = this->width(174);
    lay_out(width);
    Sheet sheet(width, palette_);
    const std::string name =
        name_heads(heads_, info_) + ", query " + quoted_token(info_, queries_, parts_.row);
    const std::string title = title_of(input_, name, heads_);
    sheet.draw_title(title);
    double y = draw_head(sheet.scene(), sheet.y() + kSmall);
    draw_vectors(sheet.scene(), y);
    for (size_t i = 0; i < shown_.size(); ++i) {
      draw_key(sheet.scene(), shown_[i], y + row_ * static_cast<double>(i));
    }
    y += row_ * static_cast<double>(shown_.size());
    if (rest_ > 0) {
      words(sheet.scene(), kMargin, y + 9,
            std::to_string(rest_) + " more keys, mass " + svg_number(rest_mass_, 4),
            Anchor::kStart);
      y += 12;
    }
    sheet.move_to(draw_legend(sheet.scene(), y + 8));
    sheet.draw_words(check_line(parts_, info_, key_));
    return finish_figure(std::move(sheet), input_, title, caption(), description(title));
  }

 private:
  void choose_keys() {
    std::vector<size_t> all(parts_.weights.size());
    std::iota(all.begin(), all.end(), size_t{0});
    const auto heavier = [this](size_t a, size_t b) {
      return parts_.weights[a] > parts_.weights[b];
    };
    std::vector<size_t> heaviest = all;
    std::stable_sort(heaviest.begin(), heaviest.end(), heavier);
    key_ = static_cast<size_t>(pinned_token(state_, PinSide::kKey, keys_.size())
                                   .value_or(static_cast<int64_t>(heaviest.front())));
    if (all.size() > kAllKeysUpTo) {
      for (size_t i = kHeaviest; i < heaviest.size(); ++i) {
        rest_mass_ += static_cast<double>(parts_.weights[heaviest[i]]);
      }
      rest_ = heaviest.size() - kHeaviest;
      heaviest.resize(kHeaviest);
      shown_ = heaviest;
    } else {
      shown_ = app_entry(state_, "nr") == "weight" ? heaviest : all;
    }
  }

  // Σ_j a_j·|q_d·k_jd|, or |q_d·k_d| of the pinned key.
  void order_neurons() {
    neurons_.resize(dim_);
    std::iota(neurons_.begin(), neurons_.end(), size_t{0});
    const std::string order = app_entry(state_, "no");
    if (order == "index") return;
    by_contribution_ = true;
    std::vector<double> size(dim_, 0.0);
    for (size_t j = 0; j < parts_.weights.size(); ++j) {
      if (order == "pinned" && j != key_) continue;
      const double a = order == "pinned" ? 1.0 : static_cast<double>(parts_.weights[j]);
      for (size_t d = 0; d < dim_; ++d) size[d] += a * std::abs(parts_.product(j, d));
    }
    std::stable_sort(neurons_.begin(), neurons_.end(),
                     [&](size_t a, size_t b) { return size[a] > size[b]; });
  }

  void lay_out(double width) {
    const double rest = 2 * kMargin + kToken + 4 + (parts_.biased ? kBias + kGap : 0) + kScore +
                        kBar + kNumber + 4 * kGap;
    vector_ = (width - rest) / 2;
    if (vector_ < static_cast<double>(dim_)) {
      throw Error(
          ErrorCode::kUsage, "--width-mm " + svg_number(width / kPxPerMm),
          "at least " + svg_number(std::ceil((rest + 2.0 * static_cast<double>(dim_)) / kPxPerMm)));
    }
    row_ = shown_.size() > 60 ? 9.5 : 12;
    k_x_ = kMargin + kToken + 4;
    product_x_ = k_x_ + vector_ + kGap;
    bias_x_ = product_x_ + vector_ + kGap;
    score_x_ = bias_x_ + (parts_.biased ? kBias + kGap : 0);
    weight_x_ = score_x_ + kScore + kGap;
    sigma_vectors_ = std::sqrt((sum_of_squares(parts_.query) + sum_of_squares(parts_.key)) /
                               static_cast<double>(parts_.query.size() + parts_.key.size()));
    double sum = 0;
    for (const size_t key : shown_) {
      for (size_t d = 0; d < dim_; ++d) sum += parts_.product(key, d) * parts_.product(key, d);
    }
    sigma_products_ = std::sqrt(sum / static_cast<double>(shown_.size() * dim_));
    if (!(sigma_vectors_ > 0)) sigma_vectors_ = 1;
    if (!(sigma_products_ > 0)) sigma_products_ = 1;
  }

  void words(Scene& scene, double x, double y, const std::string& text, Anchor anchor,
             bool bold = false, bool muted = true) const {
    TextMark mark = small_text(x, y, text, muted ? palette_.muted : palette_.ink, anchor);
    mark.bold = bold;
    mark.isolate = true;
    scene.add(mark);
  }

  // Headings and the query's own row; returns the top of the first key.
  double draw_head(Scene& scene, double y) const {
    const double scores = score_x_ + kScore, weights = weight_x_;
    words(scene, k_x_, y, "Query q", Anchor::kStart);
    Raster raster{1, static_cast<int64_t>(dim_), {}};
    for (const size_t d : neurons_) raster.values.push_back(vector_shade(parts_.query[d]));
    y += 4;
    draw_cells("query", raster, {k_x_, y, vector_, row_ - 1.5}, ramp_, scene);
    scene.add(PathMark{
        outline({k_x_, y, vector_, row_ - 1.5}), "none", {std::string(palette_.hairline), 0.5}});
    words(scene, k_x_ - 4, y + row_ / 2 + 2.2,
          fit_text(read(queries_.tokens[static_cast<size_t>(parts_.row)]), kToken / kSubstitute,
                   kSmall),
          Anchor::kEnd, true, false);
    y += row_ + 12;
    words(scene, kMargin + kToken, y, "Key", Anchor::kEnd);
    words(scene, k_x_, y, "Key k", Anchor::kStart);
    words(scene, product_x_, y, "q × k, elementwise", Anchor::kStart);
    if (parts_.biased) words(scene, bias_x_ + kBias, y, "Bias, mask", Anchor::kEnd);
    words(scene, scores, y, score_heading(), Anchor::kEnd);
    words(scene, weights, y, "Weight", Anchor::kStart);
    return y + 5;
  }
  std::string score_heading() const {
    return "Σ × " + short_number(static_cast<double>(layer_.rule.scale)) +
           (layer_.rule.softcap ? ", cap" : "") + (parts_.biased ? " + b" : "");
  }

  double vector_shade(float v) const { return std::tanh(static_cast<double>(v) / sigma_vectors_); }

  void draw_vectors(Scene& scene, double y) const {
    const auto rows = static_cast<int64_t>(shown_.size());
    Raster keys{rows, static_cast<int64_t>(dim_), {}}, products = keys;
    for (const size_t key : shown_) {
      for (const size_t d : neurons_) {
        keys.values.push_back(vector_shade(parts_.key[key * dim_ + d]));
        products.values.push_back(std::tanh(parts_.product(key, d) / sigma_products_));
      }
    }
    const double tall = row_ * static_cast<double>(rows);
    for (const auto& [id, raster, x] :
         {std::tuple{"key", &keys, k_x_}, std::tuple{"product", &products, product_x_}}) {
      draw_cells(id, *raster, {x, y, vector_, tall}, ramp_, scene);
      scene.add(
          PathMark{outline({x, y, vector_, tall}), "none", {std::string(palette_.hairline), 0.5}});
      // The rows apart: paper between them.
      std::string gaps;
      for (int64_t r = 1; r < rows; ++r) {
        gaps += "M" + svg_number(x) + " " + svg_number(y + row_ * static_cast<double>(r)) + "h" +
                svg_number(vector_);
      }
      if (!gaps.empty()) {
        scene.add(PathMark{gaps, "none", {std::string(palette_.paper), 1.2}});
      }
    }
  }

  void draw_key(Scene& scene, size_t key, double y) const {
    input_.control.cancel.check();
    const double base = y + row_ / 2 + 2.8;
    const bool bold = key == key_;
    words(scene, kMargin + kToken, base,
          fit_text(read(keys_.tokens[key]), kToken / kSubstitute, kSmall), Anchor::kEnd, bold,
          false);
    const bool masked = !std::isfinite(parts_.scores[key]);
    if (parts_.biased) {
      words(scene, bias_x_ + kBias, base,
            std::isfinite(parts_.bias[key]) ? svg_number(static_cast<double>(parts_.bias[key]), 3)
                                            : "masked",
            Anchor::kEnd);
    }
    words(scene, score_x_ + kScore, base,
          masked ? "–" : fixed(static_cast<double>(parts_.scores[key])), Anchor::kEnd, bold, false);
    const double weight = static_cast<double>(parts_.weights[key]);
    scene.add(PathMark{
        "M" + svg_number(weight_x_) + " " + svg_number(y + row_ / 2) + "h" +
            svg_number(std::max(0.01, kBar * weight)),
        "none",
        {std::string(palette_.head(static_cast<size_t>(heads_.front().id.head))), row_ * 0.55}});
    words(scene, weight_x_ + kBar + kNumber, base, weight_text(weight), Anchor::kEnd, bold, false);
  }
  static std::string fixed(double value) {
    char text[24];
    std::snprintf(text, sizeof text, "%.3f", std::abs(value));
    return (value < 0 ? "−" : "") + std::string(text);
  }
  static std::string weight_text(double weight) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4f", weight);
    return text[0] == '0' ? text + 1 : text;
  }

  double draw_legend(Scene& scene, double y) const {
    double x = draw_ramp(ramp_, kMargin, y, {"−", "+", ""}, palette_, scene) + 10;
    words(scene, x, y + 7,
          "tanh(x/σ); σ = " + short_number(sigma_vectors_) + " for q and k, " +
              short_number(sigma_products_) + " for q × k" +
              (by_contribution_ ? "; neurons by contribution" : "; neurons in order"),
          Anchor::kStart);
    return y + 12;
  }

  std::string read(const std::string& token) const {
    return readable_token(token, info_.model.byte_tokens);
  }

  std::string caption() const {
    return caption_of(info_, stack_, of_plain_weights(state_),
                      in_sentence(name_heads(heads_, info_)),
                      neuron_account(parts_, info_, shown_.size()));
  }

  std::string description(const std::string& title) const {
    std::string out = title + ". Heaviest keys:";
    std::vector<size_t> heaviest = shown_;
    std::stable_sort(heaviest.begin(), heaviest.end(),
                     [this](size_t a, size_t b) { return parts_.weights[a] > parts_.weights[b]; });
    for (size_t i = 0; i < std::min<size_t>(10, heaviest.size()); ++i) {
      out += (i == 0 ? " " : "; ") + quoted_token(info_, keys_, static_cast<int64_t>(heaviest[i])) +
             " " + svg_number(static_cast<double>(parts_.weights[heaviest[i]]), 4);
    }
    return out + ". " + check_line(parts_, info_, key_);
  }

  NeuronParts parts_;
  std::vector<HeadRef> heads_;
  const TokenSequence& queries_;
  const TokenSequence& keys_;
  const LayerInfo& layer_;
  const size_t dim_;  // head width
  bool by_contribution_ = false;
  size_t key_ = 0;                       // of the check line
  std::vector<size_t> shown_, neurons_;  // keys and dimensions in their order
  size_t rest_ = 0;
  double rest_mass_ = 0;
  double vector_ = 0, row_ = 12, k_x_ = 0, product_x_ = 0, bias_x_ = 0, score_x_ = 0, weight_x_ = 0;
  double sigma_vectors_ = 1, sigma_products_ = 1;
};

}  // namespace

Figure draw_neuron_figure(const FigureInput& input) { return NeuronFigure(input).draw(); }

}  // namespace headscope
