// Colours of maps, against the table that the page's tests read too (web/src/ui/colours.test.ts).
#include "figure/colour_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "figure/links.h"
#include "headscope/figure.h"
#include "test_paths.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

nlohmann::json table() {
  std::ifstream file(source_dir() + "/tests/data/colour_scales.json");
  return nlohmann::json::parse(file);
}

ViewState state_of(const nlohmann::json& row) {
  ViewState state;
  for (const char* name : {"colours", "scale", "quantity"}) {
    EXPECT_TRUE(set_option(state, name, row[name].get<std::string>()));
  }
  return state;
}

Tile row_of(const std::vector<float>& values) {
  Tile tile;
  tile.rows = 1;
  tile.cols = static_cast<int64_t>(values.size());
  tile.values = values;
  return tile;
}

TEST(ColourScale, IsThatOfThePage) {
  const nlohmann::json rule = table();
  const std::map<std::string, ColourScale> names = {{"common", ColourScale::kCommon},
                                                    {"own", ColourScale::kOwn},
                                                    {"row", ColourScale::kRow},
                                                    {"log", ColourScale::kLog}};
  for (const auto& row : rule["scales"]) {
    const ViewState state = state_of(row);
    const auto items = row["items"].get<size_t>();
    EXPECT_EQ(colour_scale(state, items), names.at(row["is"])) << row;
    const MapColours::Legend legend = MapColours(state, items).legend();
    EXPECT_EQ(legend.low, row.value("low", legend.low)) << row;
    EXPECT_EQ(legend.high, row.value("high", legend.high)) << row;
    EXPECT_EQ(legend.note, row.value("note", legend.note)) << row;
  }
  for (const auto& floor : rule["floors"]) {
    EXPECT_EQ(log_floor(floor[0].get<size_t>()), floor[1].get<double>()) << floor;
  }
  for (const auto& row : rule["strengths"]) {
    MapColours colours(parse_link("#hs=1&cs=log"), row["items"].get<size_t>());
    colours.largest = row["largest"];
    const std::vector<double> found =
        colours.strengths(row_of(row["values"].get<std::vector<float>>()));
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i], row["are"][i].get<double>(), 1e-6) << row << " " << i;
    }
  }
}

TEST(ColourScale, InkOfLinesIsThatOfThePage) {
  const nlohmann::json rule = table();
  for (const auto& row : rule["ink"]) {
    ViewState state;
    EXPECT_TRUE(set_option(state, "scale", row["scale"].get<std::string>()));
    EXPECT_NEAR(strength(row["value"], state.scale, row["row"]), row["is"].get<double>(), 1e-6)
        << row;
  }
}

TEST(ColourScale, RowsAreThoseOfThePage) {
  const nlohmann::json rule = table();
  for (const auto& row : rule["rows"]) {
    Tile tile;
    tile.rows = static_cast<int64_t>(row["values"].size());
    tile.cols = static_cast<int64_t>(row["values"][0].size());
    std::vector<double> expected;
    for (size_t i = 0; i < row["values"].size(); ++i) {
      for (const auto& v : row["values"][i]) tile.values.push_back(v.get<float>());
      for (const auto& v : row["are"][i]) expected.push_back(v);
    }
    const std::vector<double> found =
        MapColours(parse_link("#hs=1&sc=row"), 512)
            .strengths(tile, row.value("largest", std::vector<float>()));
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6) << row;
  }
}

TEST(ColourScale, RowsAndHeadsAgainstTheirOwnLargest) {
  Tile tile;
  tile.rows = 2;
  tile.cols = 2;
  tile.values = {0.25f, -0.5f, 0.1f, -std::numeric_limits<float>::infinity()};
  EXPECT_EQ(MapColours(parse_link("#hs=1&sc=row"), 512).strengths(tile),
            (std::vector<double>{0.5, -1, 1, 0}));
  const std::vector<double> own = MapColours(parse_link("#hs=1&cs=own&qy=norm"), 2).strengths(tile);
  EXPECT_EQ(own[0], 0.5);
  EXPECT_EQ(own[1], -1);
  EXPECT_NEAR(own[2], 0.2, 1e-7);
  EXPECT_EQ(MapColours(ViewState(), 2).strengths(tile)[0], 0.25);
}

std::unique_ptr<AttentionSource> even_attention(int tokens) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, 1)};
  info.set_sequence("text", plain_sequence(tokens));
  const std::vector<float> values(static_cast<size_t>(tokens * tokens),
                                  1 / static_cast<float>(tokens));
  return make_array_source(info, {Array::from(values, {1, tokens, tokens})});
}

Figure draw(int tokens, const std::string& rest) {
  return draw_figure(*even_attention(tokens), parse_link("#hs=1&h=L2H0&v=" + rest));
}

// Even attention over 65 keys is 0.0154: on the ramp from 0.002 on, a third of the way.
TEST(ColourScale, LongMapsSayThatTheyAreLogarithmic) {
  const auto fill = [](const Figure& figure) {
    std::smatch found;
    EXPECT_TRUE(std::regex_search(figure.svg, found, std::regex("id=\"cells-L2H0-([0-9]+)\"")))
        << "the cells have a colour";
    return found.empty() ? -1 : std::stoi(found[1]);
  };
  const double expected = 255 * (1 - std::log10(1 / 65.0) / std::log10(0.002));
  for (const char* view : {"matrix", "model"}) {
    const Figure figure = draw(65, view);
    EXPECT_NE(figure.caption.find("Logarithmic scale from 0.002 to 1, because of 65 tokens;"),
              std::string::npos)
        << figure.caption;
    EXPECT_NE(figure.svg.find("1 (log, because of 65 tokens)"), std::string::npos) << view;
    EXPECT_NE(figure.svg.find("≤ 0.002"), std::string::npos) << view;
    const Figure linear = draw(65, std::string(view) + "&cs=common");
    EXPECT_NE(linear.caption.find("Linear scale;"), std::string::npos) << linear.caption;
    EXPECT_NE(linear.command.find(" --colours common"), std::string::npos) << linear.command;
    EXPECT_NE(linear.svg.find("cs=common"), std::string::npos) << "the link in the file";
    EXPECT_NE(figure.svg, linear.svg);
  }
  EXPECT_NEAR(fill(draw(65, "matrix")), expected, 0.51);
  EXPECT_NEAR(fill(draw(65, "matrix&cs=common")), 255 / 65.0, 0.51);
  EXPECT_NEAR(fill(draw(65, "matrix&zm=0-8,0-8")), expected, 0.51) << "the whole map's length";
  EXPECT_NE(draw(64, "matrix").caption.find("Linear scale;"), std::string::npos);
}

// Two queries, three keys; the part without the first key still knows that the first row has 0.8
// there.
TEST(ColourScale, APartOfAMatrixKnowsItsWholeRows) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, 1)};
  info.set_sequence("text", plain_sequence(3));
  const auto source = make_array_source(
      info, {Array::from({0.8f, 0.2f, 0.0f, 0.1f, 0.5f, 0.4f, 0.0f, 0.0f, 1.0f}, {1, 3, 3})});
  const auto fills = [&](const std::string& rest) {
    const Figure figure =
        draw_figure(*source, parse_link("#hs=1&h=L2H0&v=matrix&sc=row&zm=0-2,1-3" + rest));
    std::vector<int> found;
    const std::regex cells("id=\"cells-L2H0-([0-9]+)\"");
    for (std::sregex_iterator at(figure.svg.begin(), figure.svg.end(), cells), end; at != end;
         ++at) {
      found.push_back(std::stoi((*at)[1]));
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  // 0.2 / 0.8, 0 (which has no colour), 0.5 / 0.5, 0.4 / 0.5.
  EXPECT_EQ(fills(""), (std::vector<int>{64, 204, 255}));
}

}  // namespace
}  // namespace headscope
