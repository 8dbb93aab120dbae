// Head figures of the five quantities: values, ink and words. Maps, scores and norms are by hand;
// the expected numbers follow from them as the comments say.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "figure/links.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/flow.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

// Two layers of one head over "a b c"; layer 1 has scores and norms, too.
const std::vector<float> kLow = {1, 0, 0, .5f, .5f, 0, 0, .5f, .5f};
const std::vector<float> kHigh = {.25f, .75f, 0, 0, 1, 0, .5f, 0, .5f};
const std::vector<float> kScores = {-1.5f, 2, kMasked, 0.5f, 4, kMasked, 1, -3, 1};
const std::vector<float> kNorms = {2, 1, 4};

class HandSource : public AttentionSource {
 public:
  HandSource() {
    info_.model.name = "m";
    info_.stacks = {stack_of_maps({0, 1}, 1)};
    TokenSequence t;
    t.tokens = {"a", "b", "c"};
    t.ids = {1, 2, 3};
    t.segment_ids = t.sentences = {0, 0, 0};
    t.offsets.resize(3);
    t.special = {0, 0, 1};
    t.words = {0, 1, -1};
    t.text_a = "a b";
    info_.set_sequence("text", t);
    maps_ = make_array_source(info_, {Array::from(kLow, {1, 3, 3}), Array::from(kHigh, {1, 3, 3})});
  }
  const TraceInfo& info() const override { return info_; }
  void weights(HeadRef head, Range rows, Range cols, float* out) const override {
    maps_->weights(head, rows, cols, out);
  }
  int64_t bytes() const override { return maps_->bytes(); }
  using AttentionSource::has_vectors;
  bool has_vectors(HeadRef) const override { return true; }
  void scores(HeadRef, Range rows, Range cols, float* out) const override {
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = cols.begin; j < cols.end; ++j) *out++ = kScores[i * 3 + j];
    }
  }
  TensorView<const float> value_norm(HeadRef) const override { return {kNorms.data(), {3}}; }

 private:
  TraceInfo info_;
  std::unique_ptr<AttentionSource> maps_;
};

Figure draw(const char* link) {
  const auto source = std::make_shared<HandSource>();
  const ViewState state = parse_link(link);
  return draw_figure(*quantity_source(source, state.quantity), state);
}

struct Row {
  const char* name;
  const char* link;
  std::vector<std::array<double, 3>> edges;  // query, key, value; heaviest last
  double largest;
  std::vector<const char*> words;  // of the SVG
};

const Row kRows[] = {
    // a·‖f‖: row a .25·2, .75·1; row b 1·1; row c .5·2, .5·4
    {"norms",
     "#hs=1&h=L1H0&qy=norm",
     {{0, 0, .5}, {0, 1, .75}, {1, 1, 1}, {2, 0, 1}, {2, 2, 2}},
     2,
     {"Layer 1, head 0, norm-weighted attention", "‖a·f(x)‖", "(largest |x|: 2)", "Kobayashi",
      "rows need not sum to 1", "5 of 9 norms ≥ 0.01 drawn, 0.0 % of the summed norms"}},
    {"scores, signed, masked keys left out",
     "#hs=1&h=L1H0&qy=score",
     {{1, 0, .5}, {2, 0, 1}, {2, 2, 1}, {0, 0, -1.5}, {0, 1, 2}, {2, 1, -3}, {1, 1, 4}},
     4,
     {"Layer 1, head 0, scores", "q·k/√d", "(largest |x|: 4)", ">negative<",
      "7 of 7 scores with |x| ≥ 0.01"}},
    // Ã0 = ½A + ½I: rows (1,0,0) (.25,.75,0) (0,.25,.75); Ã1: (.625,.375,0) (0,1,0) (.25,0,.75).
    // Ã1·Ã0: a (.625+.09375, .28125, 0); b (.25,.75,0); c (.25,.1875,.5625).
    {"rollout",
     "#hs=1&h=L1H0&qy=rollout",
     {{2, 1, .1875},
      {1, 0, .25},
      {2, 0, .25},
      {0, 1, .28125},
      {2, 2, .5625},
      {0, 0, .71875},
      {1, 1, .75}},
     .75,
     {"Rollout, layer 1", "rollout to layer 1", "(largest |x|: 0.75)", "Abnar", "0.0 % of rollout",
      "of a layer, not of a head"}},
    // Σ_k min(Ã1[i,k], Ã0[k,j]): a (.625+.25, .375, 0); b (.25,.75,0); c (.25, .25, .75).
    {"flow",
     "#hs=1&h=L1H0&qy=flow",
     {{1, 0, .25}, {2, 0, .25}, {2, 1, .25}, {0, 1, .375}, {1, 1, .75}, {2, 2, .75}, {0, 0, .875}},
     .875,
     {"Flow, layer 1", "flow to layer 1", "(largest |x|: 0.875)", "maximum flow"}},
    {"hidden tokens leave the largest to what is shown",
     "#hs=1&h=L1H0&qy=norm&s=hide",
     {{0, 0, .5}, {0, 1, .75}, {1, 1, 1}},
     1,
     {"3 of 4 norms"}},
    {"scores are never renormalised",
     "#hs=1&h=L1H0&qy=score&s=hide-renorm",
     {{1, 0, .5}, {0, 0, -1.5}, {0, 1, 2}, {1, 1, 4}},
     4,
     {"Special tokens hidden. Linear"}},
    {"a pinned query of scores",
     "#hs=1&h=L1H0&qy=score&p=q2",
     {{2, 0, 1}, {2, 2, 1}, {2, 1, -3}},
     4,
     {"h48\"", "3 of 3 scores"}},
    {"the two heaviest of a query",
     "#hs=1&h=L1H0&qy=rollout&k=1",
     {{0, 0, .71875}, {1, 1, .75}, {2, 2, .5625}},
     .75,
     {"the 1 heaviest of a query drawn"}},
};

class FigureQuantities : public ::testing::TestWithParam<Row> {};

TEST_P(FigureQuantities, ValuesInkAndWords) {
  const Row& row = GetParam();
  const Figure figure = draw(row.link);
  ASSERT_EQ(figure.edges.size(), row.edges.size()) << figure.description;
  double before = 0;
  for (const FigureEdge& edge : figure.edges) {
    const auto same = [&](const auto& e) { return e[0] == edge.query && e[1] == edge.key; };
    const auto expected = std::find_if(row.edges.begin(), row.edges.end(), same);
    ASSERT_NE(expected, row.edges.end()) << edge.query << " " << edge.key;
    EXPECT_NEAR(edge.weight, (*expected)[2], 1e-6);
    const double s = std::abs((*expected)[2]) / row.largest;
    EXPECT_NEAR(edge.width, 0.6 + 5.4 * s, 1e-6);
    EXPECT_NEAR(edge.opacity, 0.35 + 0.65 * s, 1e-6);
    EXPECT_GE(s, before - 1e-9) << "the heaviest is drawn last";
    before = s;
  }
  for (const char* word : row.words) {
    // Titles, captions and legends are wrapped: compare without line ends.
    const std::string text = figure.svg + figure.caption;
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << figure.svg;
  }
}
INSTANTIATE_TEST_SUITE_P(Figure, FigureQuantities, ::testing::ValuesIn(kRows),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

TEST(FigureScores, NegativeLinesAreOrangeAndDotted) {
  const Figure figure = draw("#hs=1&h=L1H0&qy=score");
  const std::regex line("<line [^>]*stroke=\"#B5531A\" stroke-dasharray=\"2 2\"");
  const auto count = std::distance(std::sregex_iterator(figure.svg.begin(), figure.svg.end(), line),
                                   std::sregex_iterator());
  EXPECT_EQ(count, 2);
  EXPECT_EQ(draw("#hs=1&h=L1H0").svg.find("#B5531A"), std::string::npos) << "weights have no sign";
}

TEST(FigureScale, FollowsTheFormulas) {
  for (const FigureEdge& edge : draw("#hs=1&h=L1H0&sc=log&qy=norm").edges) {
    const double s = std::max(0.0, 1 + std::log10(static_cast<double>(edge.weight) / 2) / 4);
    EXPECT_NEAR(edge.opacity, 0.35 + 0.65 * s, 1e-6);
  }
  for (const FigureEdge& edge : draw("#hs=1&h=L1H0&sc=row").edges) {
    const double most = edge.query == 0 ? .75 : edge.query == 1 ? 1 : .5;
    EXPECT_NEAR(edge.opacity, 0.35 + 0.65 * edge.weight / most, 1e-6);
  }
}

TEST(FigureCombine, IsOneSetOfLines) {
  const Figure figure = draw("#hs=1&h=L0H0,L1H0&c=mean");
  for (const FigureEdge& edge : figure.edges) {
    const size_t at = static_cast<size_t>(edge.query * 3 + edge.key);
    EXPECT_NEAR(edge.weight, (kLow[at] + kHigh[at]) / 2, 1e-6);
    EXPECT_EQ(edge.name, "mean of L0H0, L1H0");
  }
  EXPECT_NE(figure.svg.find(">Mean of L0H0, L1H0<"), std::string::npos);
}

// One map a layer: heads of one layer are one set of lines, those of several are several.
TEST(FigureRollout, HasOneSetOfLinesALayer) {
  const auto names = [](const char* link) {
    std::set<std::string> out;
    for (const FigureEdge& edge : draw(link).edges) out.insert(edge.name);
    return out;
  };
  EXPECT_EQ(names("#hs=1&h=L1H0,L0H0&qy=rollout"),
            (std::set<std::string>{"rollout to layer 0", "rollout to layer 1"}));
}

TEST(FigureQuantity, WhatTheSourceLacksIsAnError) {
  TraceInfo info = HandSource().info();
  info.stacks = {stack_of_maps({1}, 1)};  // layer 0 is missing
  const std::shared_ptr<const AttentionSource> plain =
      make_array_source(info, {Array::from(std::vector<float>(9, 1.0f / 3), {1, 3, 3})});
  for (const char* quantity : {"norm", "score", "rollout", "flow"}) {
    ViewState state = parse_link("#hs=1&h=L1H0");
    set_option(state, "quantity", quantity);
    try {
      draw_figure(*quantity_source(plain, state.quantity), state);
      ADD_FAILURE() << quantity;
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "HS-CAP-01") << quantity << ": " << error.what();
    }
  }
}

// Beyond 64 tokens flow is drawn of the pinned queries.
TEST(FigureFlow, OfALongTextWantsAPin) {
  constexpr int kTokens = 70;
  std::vector<float> map(static_cast<size_t>(kTokens) * kTokens, 1.0f / kTokens);
  TraceInfo info = HandSource().info();
  TokenSequence t = info.tokens(0, Side::kQuery);
  t.tokens.resize(kTokens, "w");
  t.ids.resize(kTokens, 1);
  t.segment_ids.resize(kTokens, 0);
  t.sentences.resize(kTokens, 0);
  t.offsets.resize(kTokens);
  t.special.resize(kTokens, 0);
  t.words.resize(kTokens, 1);
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps({0}, 1)};
  const std::shared_ptr<const AttentionSource> source =
      make_array_source(info, {Array::from(map, {1, kTokens, kTokens})});
  const auto flow = quantity_source(source, Quantity::kFlow);
  EXPECT_THROW(draw_figure(*flow, parse_link("#hs=1&h=L0H0&qy=flow")), Error);
  const Figure figure = draw_figure(*flow, parse_link("#hs=1&h=L0H0&qy=flow&p=q5&t=0"));
  EXPECT_EQ(figure.edges.size(), static_cast<size_t>(kTokens));
  // Of layer 0 flow is Ã: ½ + ½/N on the diagonal.
  EXPECT_NEAR(figure.edges.back().weight, 0.5 + 0.5 / kTokens, 1e-6);
}

}  // namespace
}  // namespace headscope
