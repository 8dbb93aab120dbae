// Figures of the views beyond the head view, against the numbers that they are of.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>

#include "figure/grid.h"
#include "figure/png.h"
#include "figure/ramp.h"
#include "figure/svg.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

std::unique_ptr<AttentionSource> maps(int tokens, int heads, const std::vector<float>& values) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, heads)};
  info.set_sequence("text", plain_sequence(tokens));
  return make_array_source(info, {Array::from(values, {heads, tokens, tokens})});
}

// Row i has all of its weight on key i + 1, the last on key 0.
std::vector<float> next_token(int tokens, int heads = 1) {
  std::vector<float> out(static_cast<size_t>(heads * tokens * tokens), 0.0f);
  for (int h = 0; h < heads; ++h) {
    for (int i = 0; i < tokens; ++i) {
      out[static_cast<size_t>((h * tokens + i) * tokens + (i + 1) % tokens)] = 1;
    }
  }
  return out;
}

ViewState view(const std::string& name, const std::string& rest = "") {
  return parse_link("#hs=1&v=" + name + "&h=L2H0" + rest);
}

// Area of every colour of the cells, in cells.
std::map<std::string, double> cells_of(const std::string& svg, const std::string& id) {
  std::map<std::string, double> out;
  const std::regex path("<path id=\"" + id + "-[0-9]+\" d=\"([^\"]*)\" fill=\"(#[0-9A-F]+)\"");
  const std::regex box("M[-0-9.]+ [-0-9.]+h([0-9.]+)v([0-9.]+)h-[0-9.]+z");
  for (std::sregex_iterator it(svg.begin(), svg.end(), path), end; it != end; ++it) {
    const std::string d = (*it)[1];
    for (std::sregex_iterator b(d.begin(), d.end(), box); b != end; ++b) {
      out[(*it)[2]] += std::stod((*b)[1]) * std::stod((*b)[2]);
    }
  }
  return out;
}

// Each cell has the colour of its weight: areas are those of the weights, one by one.
TEST(ViewFigures, MatrixCellsHaveTheColourOfTheirWeight) {
  const std::vector<float> values = {0.9f, 0.1f, 0.0f, 0.1f, 0.8f, 0.1f, 0.0f, 0.0f, 1.0f};
  const Figure figure = draw_figure(*maps(3, 1, values), view("matrix"));
  const auto cells = cells_of(figure.svg, "cells-L2H0");
  const Ramp ramp(false, false);
  std::map<std::string, double> expected;
  for (const float v : values) {
    if (v > 0)
      expected[ramp.colour(static_cast<uint8_t>(std::lround(static_cast<double>(v) * 255)))] +=
          26 * 26;
  }
  ASSERT_EQ(cells.size(), expected.size());
  for (const auto& [colour, area] : expected) EXPECT_NEAR(cells.at(colour), area, 0.5) << colour;
  EXPECT_NE(figure.svg.find(">.90<"), std::string::npos) << "large cells print their weight";
  EXPECT_NE(figure.caption.find("3 × 3 weights"), std::string::npos) << figure.caption;
  EXPECT_NE(figure.command.find("headscope render matrix"), std::string::npos);
  EXPECT_EQ(figure.svg, draw_figure(*maps(3, 1, values), view("matrix")).svg);
}

TEST(ViewFigures, MatrixAbove512CellsIsAPngInside) {
  const Figure vectors = draw_figure(*maps(128, 1, next_token(128)), view("matrix"));
  EXPECT_EQ(count(vectors.svg, "<image"), 0u);
  const Figure raster = draw_figure(*maps(520, 1, next_token(520)), view("matrix"));
  EXPECT_EQ(count(raster.svg, "<image"), 1u);
  EXPECT_NE(raster.svg.find("data:image/png;base64,iVBOR"), std::string::npos);
  const Figure pooled = draw_figure(*maps(1100, 1, next_token(1100)), view("matrix"));
  EXPECT_NE(pooled.caption.find("the largest of 2 × 2 of the 1100 × 1100"), std::string::npos)
      << pooled.caption;
  EXPECT_NE(draw_figure(*maps(1100, 1, next_token(1100)), view("matrix", "&po=mean"))
                .caption.find("the mean of 2 × 2"),
            std::string::npos);
}

TEST(ViewFigures, MaskedCellsAreHatched) {
  const Trace trace = several_stacks();
  const Figure decoder = draw_figure(trace, parse_link("#hs=1&v=matrix&h=decoder.L0H0"));
  EXPECT_NE(decoder.svg.find("id=\"hidden-decoder.L0H0\""), std::string::npos);
  EXPECT_NE(decoder.svg.find(">masked<"), std::string::npos);
  const Figure cross = draw_figure(trace, parse_link("#hs=1&v=matrix&h=cross.L0H0"));
  EXPECT_EQ(cross.svg.find("id=\"hidden-"), std::string::npos);
  EXPECT_NE(cross.caption.find("5 × 4 weights"), std::string::npos) << "target × source";
}

TEST(ViewFigures, ModelHasEveryHeadWithItsLabel) {
  const Figure figure = draw_figure(*maps(6, 3, next_token(6, 3)), view("model"));
  EXPECT_EQ(count(figure.svg, "id=\"thumb-L2H"), 3u);
  EXPECT_EQ(count(figure.svg, "id=\"label-L2H"), 3u);
  EXPECT_EQ(count(figure.svg, ">→ 1.0<"), 3u) << "every word looks at the next: " << figure.svg;
  EXPECT_NE(figure.description.find("next token: 3 heads"), std::string::npos);
  const Figure large = draw_figure(*maps(80, 3, next_token(80, 3)), view("model"));
  EXPECT_EQ(count(large.svg, "<image id=\"cells-L2H"), 3u);
  for (const char* name : {"encoder", "decoder", "cross"}) {
    const Figure stack =
        draw_figure(several_stacks(), parse_link(std::string("#hs=1&v=model&h=L0H0&st=") + name));
    EXPECT_EQ(count(stack.svg, "id=\"thumb-"), 4u) << name;
  }
}

TEST(ViewFigures, MapNamesTheBestLabel) {
  const Figure figure = draw_figure(*maps(6, 3, next_token(6, 3)), view("map"));
  EXPECT_EQ(count(figure.svg, "id=\"map-L2H"), 3u);
  EXPECT_EQ(count(figure.svg, ">→<"), 4u) << "three heads and the legend";
  EXPECT_NE(figure.svg.find("next token 3"), std::string::npos);
  EXPECT_THROW(draw_figure(several_stacks(), parse_link("#hs=1&v=map&h=cross.L0H0")), Error);
}

// The first token of a causal text sees itself alone: without a pin the last one is shown.
TEST(ViewFigures, NeuronsWithoutAPinAreOfTheQueryThatSeesMost) {
  const auto query = [](const std::string& head, const std::string& pin) {
    const Figure figure =
        draw_figure(several_stacks(), parse_link("#hs=1&v=neuron&h=" + head + pin));
    std::smatch found;
    EXPECT_TRUE(std::regex_search(figure.svg, found, std::regex(", query “([^”]*)”")));
    return found.empty() ? "" : found[1].str();
  };
  EXPECT_EQ(query("decoder.L1H1", ""), query("decoder.L1H1", "&p=q4")) << "of 5";
  EXPECT_EQ(query("encoder.L1H1", ""), query("encoder.L1H1", "&p=q0"));
  EXPECT_NE(query("decoder.L1H1", ""), query("decoder.L1H1", "&p=q0"));
}

// at=: the link that was chosen last in the page counts before the pins; the command says it as
// pins.
TEST(ViewFigures, NeuronsAreOfTheChosenLink) {
  const Trace trace = several_stacks();
  const std::string link = "#hs=1&v=neuron&h=decoder.L1H1&p=q4,k0";
  const auto drawn = [&](const std::string& rest) {
    return draw_figure(trace, parse_link(link + rest));
  };
  const Figure both = drawn("&at=q3k2"), query = drawn("&at=q3");
  EXPECT_EQ(both.svg, draw_figure(trace, parse_link("#hs=1&v=neuron&h=decoder.L1H1&p=q3,k2")).svg);
  EXPECT_EQ(query.svg, draw_figure(trace, parse_link("#hs=1&v=neuron&h=decoder.L1H1&p=q3,k0")).svg);
  EXPECT_NE(both.svg, drawn("").svg);
  EXPECT_NE(both.command.find(" --pin q3,k2 "), std::string::npos) << both.command;
  for (const char* bad : {"&at=3", "&at=q", "&at=q3k", "&at=k2q3", "&at=q3x"}) {
    EXPECT_THROW(drawn(bad), Error) << bad;
  }
  EXPECT_THROW(drawn("&at=q99"), Error) << "beyond the text";
}

// What is printed multiplies out: the check line against q, k and the log-sum-exp.
TEST(ViewFigures, NeuronColumnsAreTheVectors) {
  const Trace trace = several_stacks();
  const Figure figure = draw_figure(trace, parse_link("#hs=1&v=neuron&h=decoder.L1H1&p=q3,k2"));
  const HeadRef head{1, {1, 1}};
  const HeadVectors q = trace.query(head), k = trace.key(head);
  double sum = 0;
  for (int64_t d = 0; d < q.extent(1); ++d) {
    sum += static_cast<double>(q(3, d)) * static_cast<double>(k(2, d));
  }
  std::smatch line;
  ASSERT_TRUE(std::regex_search(
      figure.description, line,
      std::regex("sum of 4 products (-?[0-9.]+) × 0\\.5, bias 0 = (-?[0-9.]+); exp\\((-?[0-9.]+) − "
                 "log-sum-exp (-?[0-9.]+)\\) = ([0-9.]+)")))
      << figure.description;
  EXPECT_NEAR(std::stod(line[1]), sum, 1e-3 * std::abs(sum) + 1e-4);
  EXPECT_NEAR(std::stod(line[2]), sum * 0.5, 1e-3);
  EXPECT_NEAR(std::exp(std::stod(line[3]) - std::stod(line[4])), std::stod(line[5]), 2e-3);
  EXPECT_NE(figure.svg.find(">masked<"), std::string::npos) << "key 4 is hidden from query 3";
  EXPECT_NE(figure.caption.find("shared by 2 query heads"), std::string::npos);
  EXPECT_THROW(draw_figure(*maps(3, 1, next_token(3)), view("neuron")), Error);
}

// nv=before: the vectors as they were before their rotary embedding. Pairs are (0, 2) and (1, 3),
// turned by position · 100^(−pair/2); turned back by hand here.
TEST(ViewFigures, NeuronVectorsBeforeRotation) {
  const Trace trace =
      with_stacks({each_layer(stack("self", {0}, {1}, {1}),
                              [](LayerInfo& l) { l.rope = RopeInfo{100.0, 4, false, {}, 1.0}; })},
                  false);
  const std::string link = "#hs=1&v=neuron&h=L0H0&p=q3,k2";
  const HeadRef head{0, {0, 0}};
  const HeadVectors q = trace.query(head), k = trace.key(head);
  const auto before = [](const HeadVectors& v, int64_t row, int64_t d) {
    const int64_t pair = d % 2;
    const double angle = static_cast<double>(row) * std::pow(100.0, -static_cast<double>(pair) / 2);
    const double x = static_cast<double>(v(row, pair)), y = static_cast<double>(v(row, pair + 2));
    return d < 2 ? x * std::cos(angle) + y * std::sin(angle)
                 : y * std::cos(angle) - x * std::sin(angle);
  };
  double sum = 0;
  for (int64_t d = 0; d < 4; ++d) sum += before(q, 3, d) * before(k, 2, d);
  const Figure figure = draw_figure(trace, parse_link(link + "&nv=before"));
  std::smatch line;
  ASSERT_TRUE(std::regex_search(
      figure.description, line,
      std::regex("sum of 4 products (-?[0-9.e-]+) before rotation; the score (-?[0-9.e-]+) is of")))
      << figure.description;
  EXPECT_NEAR(std::stod(line[1]), sum, 1e-3 * std::abs(sum) + 1e-4);
  float score = 0;
  trace.scores(head, {3, 4}, {2, 3}, &score);
  EXPECT_NEAR(std::stod(line[2]), score, 1e-3 * std::abs(static_cast<double>(score)) + 1e-4);
  EXPECT_NE(figure.caption.find("Query and key before rotation."), std::string::npos);
  EXPECT_NE(draw_figure(trace, parse_link(link)).caption.find("Query and key after rotation."),
            std::string::npos);
}

// What each key receives: one strip a head, full where a quarter of the queries rest on a key.
TEST(ViewFigures, ThumbnailsOfWhatKeysReceive) {
  const Figure figure = draw_figure(*maps(6, 3, next_token(6, 3)), view("model", "&tn=received"));
  EXPECT_EQ(count(figure.svg, "id=\"cells-L2H"), 3u) << figure.svg;
  EXPECT_NE(figure.caption.find("what each of 6 keys receives on average over 6 queries"),
            std::string::npos)
      << figure.caption;
  EXPECT_NE(figure.svg,
            draw_figure(*maps(6, 3, next_token(6, 3)), view("model", "&tn=matrix")).svg);
}

TEST(ViewFigures, WordsAreMergedAsTilesDo) {
  TraceInfo info = pair_trace().info();
  info.stacks = {stack_of_maps({2}, 1)};
  info.settings = {};
  std::vector<float> values(36, 0.0f);
  for (size_t i = 0; i < 6; ++i) values[i * 6 + 1] = values[i * 6 + 2] = 0.5f;
  const auto source = make_array_source(info, {Array::from(values, {1, 6, 6})});
  const Figure figure = draw_figure(*source, parse_link("#hs=1&h=L2H0&w=1&p=q2"));
  ASSERT_EQ(figure.edges.size(), 1u);
  EXPECT_EQ(figure.edges[0].query, 1) << "the word's first piece";
  EXPECT_FLOAT_EQ(figure.edges[0].weight, 1) << "the sum over its keys";
  EXPECT_NE(figure.svg.find(">cafés<"), std::string::npos);
  EXPECT_NE(figure.caption.find("Pieces are merged to words"), std::string::npos);
  // Rows with lines alone: the query and the one key.
  const Figure linked = draw_figure(*source, parse_link("#hs=1&h=L2H0&w=1&p=q2&ro=linked"));
  EXPECT_EQ(count(linked.svg, "unicode-bidi"), 2u);
  EXPECT_LT(linked.height, figure.height);
}

// A sink takes part of a row: a last key of the head view, a column of its own in the matrix.
TEST(ViewFigures, SinksAreKeysOfTheirOwn) {
  const Trace trace = with_stacks(
      {each_layer(stack("self", {0}, {2}, {1}), [](LayerInfo& l) { l.rule.sinks = true; })});
  const TensorView<const float> sink = trace.sink({0, {0, 1}});
  const Figure head = draw_figure(trace, parse_link("#hs=1&h=L0H1&t=0"));
  std::vector<double> sums(5, 0.0);
  size_t sinks = 0;
  for (const FigureEdge& edge : head.edges) {
    sums.at(static_cast<size_t>(edge.query)) += static_cast<double>(edge.weight);
    if (edge.key != -1) continue;
    ++sinks;
    EXPECT_EQ(edge.weight, sink(edge.query));
  }
  EXPECT_EQ(sinks, 5u);
  for (const double sum : sums) EXPECT_NEAR(sum, 1, 1e-5) << "with its sink a row is whole";
  EXPECT_NE(head.svg.find("sink (no token)"), std::string::npos);
  EXPECT_NE(head.caption.find("0.0 % of weight not drawn"), std::string::npos) << head.caption;
  const Figure matrix = draw_figure(trace, parse_link("#hs=1&v=matrix&h=L0H1"));
  EXPECT_NE(matrix.svg.find("id=\"sink-L0H1-"), std::string::npos);
}

// The app's own part of a matrix and of the grid.
TEST(ViewFigures, PartsOfTheState) {
  const auto source = maps(6, 3, next_token(6, 3));
  const Figure part = draw_figure(*source, view("matrix", "&zm=1-3,2-6"));
  EXPECT_NE(part.caption.find("2 × 4 weights"), std::string::npos) << part.caption;
  EXPECT_NE(part.command.find("zm=1-3,2-6"), std::string::npos) << part.command;
  const Figure grid = draw_figure(*source, view("model", "&gh=0,2"));
  EXPECT_EQ(count(grid.svg, "id=\"thumb-L2H"), 2u);
  EXPECT_NE(grid.title.find("2 heads"), std::string::npos);
  for (const char* wrong : {"&zm=3-1,0-2", "&zm=9-12,0-2", "&zm=1"}) {
    EXPECT_THROW(draw_figure(*source, view("matrix", wrong)), Error) << wrong;
  }
  EXPECT_THROW(draw_figure(*source, view("model", "&gh=7")), Error);
}

TEST(ViewFigures, ComparisonsDrawRightMinusLeft) {
  const auto left = maps(3, 1, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const auto right = maps(3, 1, {0.25f, 0.75f, 0, 0, 1, 0, 0, 0, 1});
  const Figure figure = draw_comparison(*left, *right, view("compare"));
  ASSERT_EQ(figure.edges.size(), 2u);
  double sum = 0;
  for (const FigureEdge& edge : figure.edges) {
    EXPECT_FLOAT_EQ(std::abs(edge.weight), 0.75f);
    EXPECT_EQ(edge.weight < 0, edge.key == 0) << "less on the first key, more on the second";
    sum += static_cast<double>(edge.weight);
  }
  EXPECT_NEAR(sum, 0, 1e-6);
  EXPECT_NE(figure.svg.find("id=\"map-L2H0\""), std::string::npos);
  const Figure both = draw_comparison(*left, *right, view("compare", "&pn=both"));
  EXPECT_EQ(both.edges.size(), 3u + 4u);
  EXPECT_THROW(draw_comparison(*left, *right, parse_link("#hs=1&v=compare&h=L2H*,L2H1")), Error);
}

TEST(ViewFigures, ComparisonsDrawOnlyLinkedRowsOnDemand) {
  const auto left = maps(3, 1, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const auto right = maps(3, 1, {0.25f, 0.75f, 0, 0, 1, 0, 0, 0, 1});
  const std::string all = draw_comparison(*left, *right, view("compare")).svg;
  EXPECT_EQ(count(all, ">t1<") + count(all, ">t2<"), 4u);
  const std::string linked = draw_comparison(*left, *right, view("compare", "&ro=linked")).svg;
  EXPECT_EQ(count(linked, ">t0<"), 2u) << "the query and the first key";
  EXPECT_EQ(count(linked, ">t1<"), 1u) << "the second key";
  EXPECT_EQ(count(linked, ">t2<"), 0u);
}

TEST(ViewFigures, ComparisonsOfEqualRunsSaySo) {
  const auto source = maps(3, 1, next_token(3));
  const Figure figure = draw_comparison(*source, *source, view("compare"));
  EXPECT_EQ(figure.title, "Layer 2, head 0: two runs of m");
  EXPECT_NE(figure.svg.find("No head differs."), std::string::npos);
  EXPECT_NE(figure.caption.find("Right: m, the same text."), std::string::npos) << figure.caption;
}

// Columns without a line would look like a picture that failed.
TEST(ViewFigures, ComparisonsBelowTheThresholdSaySo) {
  const auto left = maps(2, 1, {1, 0, 0.5f, 0.5f});
  const auto right = maps(2, 1, {1, 0, 0.496f, 0.504f});
  const std::string says = "No weight differs by 0.01 or more; the largest difference is 0.004.";
  EXPECT_NE(draw_comparison(*left, *right, view("compare")).svg.find(says), std::string::npos);
  const std::string drawn = draw_comparison(*left, *right, view("compare", "&t=0.001")).svg;
  EXPECT_EQ(drawn.find("No weight differs"), std::string::npos);
  EXPECT_NE(drawn.find("more on the right"), std::string::npos);
  EXPECT_NE(draw_comparison(*left, *left, view("compare")).svg.find("No weight differs."),
            std::string::npos);
}

// Many layers of few heads stand in blocks side by side; cells never overlap and keep to the room.
TEST(HeadGrid, FillsTheWidthWithBlocks) {
  struct Row {
    int layers, heads;
    bool one_block;
  };
  for (const Row row : {Row{12, 12, true}, Row{30, 9, false}, Row{31, 2, false}, Row{1, 1, true}}) {
    SCOPED_TRACE(std::to_string(row.layers) + " x " + std::to_string(row.heads));
    std::vector<int> layers;
    for (int l = 0; l < row.layers; ++l) layers.push_back(l);
    HeadGrid grid(stack_of_maps(layers, row.heads), ViewState());
    constexpr double kWidth = 658;
    grid.lay_out({.top = 40, .width = kWidth, .under = 11});
    EXPECT_LE(grid.bottom(), 40 + 20 + 880.0);
    std::vector<Box> boxes;
    for (const HeadId id : grid.heads()) boxes.push_back(grid.box(id));
    EXPECT_EQ(boxes.front().x == grid.box({row.layers - 1, 0}).x, row.one_block);
    for (size_t i = 0; i < boxes.size(); ++i) {
      EXPECT_LE(boxes[i].x + boxes[i].width, kWidth);
      EXPECT_LE(boxes[i].y + boxes[i].height, grid.bottom());
      for (size_t j = 0; j < i; ++j) {
        const bool apart = boxes[i].x + boxes[i].width <= boxes[j].x ||
                           boxes[j].x + boxes[j].width <= boxes[i].x ||
                           boxes[i].y + boxes[i].height <= boxes[j].y ||
                           boxes[j].y + boxes[j].height <= boxes[i].y;
        ASSERT_TRUE(apart) << i << " and " << j;
      }
    }
  }
}

// RFC 1951 and ISO/IEC 15948 are read back by a decoder of another house in src/print; here only
// what does not depend on it.
TEST(Png, TextsStandBehindTheHeader) {
  const std::string png = palette_png(2, 2, {0, 1, 1, 0}, {{0, 0, 0}, {255, 255, 255}});
  const std::string with = png_with_text(png, 3780, {{"Comment", "héadscope"}});
  EXPECT_EQ(with.substr(0, 33), png.substr(0, 33));
  EXPECT_EQ(with.substr(37, 4), "pHYs");
  EXPECT_NE(with.find("iTXtComment"), std::string::npos);
  EXPECT_NE(with.find("héadscope"), std::string::npos);
  EXPECT_EQ(with.substr(with.size() - png.size() + 33), png.substr(33));
}

}  // namespace
}  // namespace headscope
