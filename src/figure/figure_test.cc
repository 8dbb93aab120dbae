#include "headscope/figure.h"

#include <gtest/gtest.h>

#include "headscope/error.h"

namespace headscope {
namespace {

const std::vector<float> kMap = {0.9f, 0.095f, 0.005f, 0.2f, 0.3f, 0.5f, 0.0f, 0.0f, 1.0f};

std::unique_ptr<AttentionSource> source() {
  TraceInfo info;
  info.model.name = "m";
  info.stacks.resize(1);
  info.stacks[0].layers = {2};
  info.stacks[0].heads = {1};
  info.stacks[0].kv_heads = {1};
  info.query.tokens = {"[CLS]", "<b>&\"", "\xE5\x8C\x97"};
  info.query.ids = {1, 2, 3};
  info.query.segment_ids = info.query.sentences = {0, 0, 0};
  info.query.offsets.resize(3);
  info.query.special = {1, 0, 0};
  info.query.words = {-1, 0, 1};
  return make_array_source(info, {TensorView<const float>(kMap.data(), {1, 3, 3})});
}

TEST(Figure, LinesEqualEdgesAndFollowTheFormula) {
  const Figure f = draw_figure(*source(), ViewState());
  EXPECT_EQ(f.edges.size(), 6u);
  size_t lines = 0;
  for (size_t at = 0; (at = f.svg.find("<line ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, f.edges.size());
  for (const FigureEdge& e : f.edges) {
    EXPECT_NEAR(e.width, 0.6 + 5.4 * e.weight, 1e-6);
    EXPECT_NEAR(e.opacity, 0.35 + 0.65 * e.weight, 1e-6);
  }
  EXPECT_NE(f.caption.find("6 of 9"), std::string::npos);
  EXPECT_NE(f.caption.find("0.2 % of weight not drawn"), std::string::npos);
  EXPECT_EQ(f.svg, draw_figure(*source(), ViewState()).svg);
  EXPECT_EQ(f.svg.find("<b>"), std::string::npos);
  EXPECT_NE(f.svg.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
}

TEST(Figure, RefusesWhatIsNotThere) {
  ViewState s;
  s.heads = {{2, 1}};
  EXPECT_THROW(draw_figure(*source(), s), Error);
  s = {};
  s.pins = {{PinSide::kQuery, 3}};
  EXPECT_THROW(draw_figure(*source(), s), Error);
  s = {};
  s.both_panels = true;
  EXPECT_THROW(draw_figure(*source(), s), Error);
}

}  // namespace
}  // namespace headscope
