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
#include "figure/head_layout.h"
#include "figure/head_legend.h"
#include "figure/neuron_parts.h"
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

class NeuronFigure {
 public:
  explicit NeuronFigure(const FigureInput& input)
      : input_(input),
        state_(input.state),
        info_(input.source.info()),
        palette_(state_.theme),
        ramp_(palette_.dark, true),
        stack_(stack_of(state_, info_)),
        parts_(neuron_parts(input.source, state_)),
        heads_({parts_.head}),
        queries_(info_.tokens(stack_, Side::kQuery)),
        keys_(info_.tokens(stack_, Side::kKey)),
        layer_(info_.stacks[static_cast<size_t>(stack_)].layer(parts_.head.id.layer)),
        query_(parts_.row),
        dim_(parts_.query.size()),
        q_(parts_.query),
        k_(parts_.key),
        weights_(parts_.weights),
        scores_(parts_.scores),
        bias_(parts_.bias),
        biased_(parts_.biased) {
    choose_keys();
    order_neurons();
  }

  Figure draw() {
    const double width = input_.options.width_mm.value_or(174) * kPxPerMm;
    lay_out(width);
    Sheet sheet(width, palette_);
    const std::string name =
        name_heads(heads_, info_) + ", query " + quoted_token(queries_, query_);
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
    sheet.draw_words(check_line());
    return finish_figure(std::move(sheet), input_, title, caption(), description(title));
  }

 private:
  double product(size_t key, size_t d) const {
    return static_cast<double>(q_[d]) * static_cast<double>(k_[key * dim_ + d]);
  }

  void choose_keys() {
    std::vector<size_t> all(weights_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    const auto heavier = [this](size_t a, size_t b) { return weights_[a] > weights_[b]; };
    std::vector<size_t> heaviest = all;
    std::stable_sort(heaviest.begin(), heaviest.end(), heavier);
    key_ = static_cast<size_t>(pinned_token(state_, PinSide::kKey, keys_.size())
                                   .value_or(static_cast<int64_t>(heaviest.front())));
    if (all.size() > kAllKeysUpTo) {
      for (size_t i = kHeaviest; i < heaviest.size(); ++i) {
        rest_mass_ += static_cast<double>(weights_[heaviest[i]]);
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
    for (size_t j = 0; j < weights_.size(); ++j) {
      if (order == "pinned" && j != key_) continue;
      const double a = order == "pinned" ? 1.0 : static_cast<double>(weights_[j]);
      for (size_t d = 0; d < dim_; ++d) size[d] += a * std::abs(product(j, d));
    }
    std::stable_sort(neurons_.begin(), neurons_.end(),
                     [&](size_t a, size_t b) { return size[a] > size[b]; });
  }

  void lay_out(double width) {
    const double rest = 2 * kMargin + kToken + 4 + (biased_ ? kBias + kGap : 0) + kScore + kBar +
                        kNumber + 4 * kGap;
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
    score_x_ = bias_x_ + (biased_ ? kBias + kGap : 0);
    weight_x_ = score_x_ + kScore + kGap;
    sigma_vectors_ = std::sqrt((sum_of_squares(q_) + sum_of_squares(k_)) /
                               static_cast<double>(q_.size() + k_.size()));
    double sum = 0;
    for (const size_t key : shown_) {
      for (size_t d = 0; d < dim_; ++d) sum += product(key, d) * product(key, d);
    }
    sigma_products_ = std::sqrt(sum / static_cast<double>(shown_.size() * dim_));
    if (!(sigma_vectors_ > 0)) sigma_vectors_ = 1;
    if (!(sigma_products_ > 0)) sigma_products_ = 1;
  }

  void words(Scene& scene, double x, double y, const std::string& text, Anchor anchor,
             bool bold = false, bool muted = true) const {
    scene.add(TextMark{x,
                       y,
                       text,
                       kSmall,
                       bold,
                       anchor,
                       std::string(muted ? palette_.muted : palette_.ink),
                       {},
                       true});
  }

  // Headings and the query's own row; returns the top of the first key.
  double draw_head(Scene& scene, double y) const {
    const double scores = score_x_ + kScore, weights = weight_x_;
    words(scene, k_x_, y, "Query q", Anchor::kStart);
    Raster raster{1, static_cast<int64_t>(dim_), {}};
    for (const size_t d : neurons_) raster.values.push_back(vector_shade(q_[d]));
    y += 4;
    draw_cells("query", raster, {k_x_, y, vector_, row_ - 1.5}, ramp_, scene);
    scene.add(PathMark{
        outline({k_x_, y, vector_, row_ - 1.5}), "none", {std::string(palette_.hairline), 0.5}});
    words(
        scene, k_x_ - 4, y + row_ / 2 + 2.2,
        fit_text(read(queries_.tokens[static_cast<size_t>(query_)]), kToken / kSubstitute, kSmall),
        Anchor::kEnd, true, false);
    y += row_ + 12;
    words(scene, kMargin + kToken, y, "Key", Anchor::kEnd);
    words(scene, k_x_, y, "Key k", Anchor::kStart);
    words(scene, product_x_, y, "q × k, elementwise", Anchor::kStart);
    if (biased_) words(scene, bias_x_ + kBias, y, "Bias, mask", Anchor::kEnd);
    words(scene, scores, y, score_heading(), Anchor::kEnd);
    words(scene, weights, y, "Weight", Anchor::kStart);
    return y + 5;
  }
  std::string score_heading() const {
    return "Σ × " + short_number(static_cast<double>(layer_.rule.scale)) +
           (layer_.rule.softcap ? ", cap" : "") + (biased_ ? " + b" : "");
  }

  double vector_shade(float v) const { return std::tanh(static_cast<double>(v) / sigma_vectors_); }

  void draw_vectors(Scene& scene, double y) const {
    const auto rows = static_cast<int64_t>(shown_.size());
    Raster keys{rows, static_cast<int64_t>(dim_), {}}, products = keys;
    for (const size_t key : shown_) {
      for (const size_t d : neurons_) {
        keys.values.push_back(vector_shade(k_[key * dim_ + d]));
        products.values.push_back(std::tanh(product(key, d) / sigma_products_));
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
    const bool masked = !std::isfinite(scores_[key]);
    if (biased_) {
      words(scene, bias_x_ + kBias, base,
            std::isfinite(bias_[key]) ? svg_number(static_cast<double>(bias_[key]), 3) : "masked",
            Anchor::kEnd);
    }
    words(scene, score_x_ + kScore, base, masked ? "–" : fixed(static_cast<double>(scores_[key])),
          Anchor::kEnd, bold, false);
    const double weight = static_cast<double>(weights_[key]);
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
    double x = draw_ramp(ramp_, kMargin, y, "−", "", "+", palette_, scene) + 10;
    words(scene, x, y + 7,
          "tanh(x/σ); σ = " + short_number(sigma_vectors_) + " for q and k, " +
              short_number(sigma_products_) + " for q × k" +
              (by_contribution_ ? "; neurons by contribution" : "; neurons in order"),
          Anchor::kStart);
    return y + 12;
  }

  // Made of the parts that are shown, so that a reader can verify the weight.
  std::string check_line() const {
    double sum = 0;
    for (size_t d = 0; d < dim_; ++d) sum += product(key_, d);
    std::string out = "Key " + quoted_token(keys_, static_cast<int64_t>(key_)) + ": sum of " +
                      std::to_string(dim_) + " products " + short_number(sum) + " × " +
                      short_number(static_cast<double>(layer_.rule.scale));
    const double score = static_cast<double>(scores_[key_]);
    if (!std::isfinite(score)) return out + "; masked, so its weight is 0.";
    if (layer_.rule.softcap) {
      out += ", soft cap " + short_number(static_cast<double>(*layer_.rule.softcap));
    }
    if (biased_) out += ", bias " + short_number(static_cast<double>(bias_[key_]));
    return out + " = " + short_number(score) + "; exp(" + short_number(score) + " − log-sum-exp " +
           short_number(parts_.logsumexp) +
           ") = " + svg_number(static_cast<double>(weights_[key_]), 4) + "." +
           (parts_.sink ? " The sink takes " + svg_number(*parts_.sink, 4) + " of the row." : "");
  }

  std::string read(const std::string& token) const {
    return readable_token(token, info_.model.byte_tokens);
  }

  std::string quoted_token(const TokenSequence& tokens, int64_t at) const {
    return "“" + shorten(read(tokens.tokens[static_cast<size_t>(at)]), kTextShown) + "” (" +
           std::to_string(at) + ")";
  }

  std::string caption() const {
    std::string account = "Query " + quoted_token(queries_, query_) + " against " +
                          std::to_string(shown_.size()) + " of " + std::to_string(weights_.size()) +
                          " keys.";
    if (rest_ > 0) account += " The keys with the largest weights, by weight.";
    if (layer_.kv_heads != layer_.heads) {
      account += " Keys of key/value head " +
                 std::to_string(layer_.key_head(heads_.front().id.head)) + ", shared by " +
                 std::to_string(layer_.heads / layer_.kv_heads) + " query heads.";
    }
    if (layer_.rope) account += " Query and key after rotation.";
    ViewState plain = state_;
    plain.quantity = Quantity::kWeight;
    plain.filter = SentenceFilter::kAll;
    plain.special = SpecialMode::kShow;
    plain.renormalise = plain.words = false;
    return caption_of(info_, stack_, plain, in_sentence(name_heads(heads_, info_)), account);
  }

  std::string description(const std::string& title) const {
    std::string out = title + ". Heaviest keys:";
    std::vector<size_t> heaviest = shown_;
    std::stable_sort(heaviest.begin(), heaviest.end(),
                     [this](size_t a, size_t b) { return weights_[a] > weights_[b]; });
    for (size_t i = 0; i < std::min<size_t>(10, heaviest.size()); ++i) {
      out += (i == 0 ? " " : "; ") + quoted_token(keys_, static_cast<int64_t>(heaviest[i])) + " " +
             svg_number(static_cast<double>(weights_[heaviest[i]]), 4);
    }
    return out + ". " + check_line();
  }

  const FigureInput& input_;
  const ViewState& state_;
  const TraceInfo& info_;
  Palette palette_;
  Ramp ramp_;
  int stack_;
  NeuronParts parts_;
  std::vector<HeadRef> heads_;
  const TokenSequence& queries_;
  const TokenSequence& keys_;
  const LayerInfo& layer_;
  const int64_t query_;
  const size_t dim_;                                    // head width
  const std::vector<float>&q_, &k_;                     // [Dh], [M, Dh]
  const std::vector<float>&weights_, &scores_, &bias_;  // [M]
  const bool biased_;
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
