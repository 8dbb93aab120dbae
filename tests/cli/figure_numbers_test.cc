// The numbers of figures are those of `headscope attention`: on one stack, on several, and where
// query heads share their keys.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "io/test_folder.h"
#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

nlohmann::json ask(std::vector<std::string> args) {
  args.emplace_back("--json");
  const Outcome done = run_program({args});
  EXPECT_EQ(done.exit, 0) << done.err;
  return nlohmann::json::parse(done.out);
}

struct Row {
  const char* name;
  std::vector<std::string> source;  // texts or --trace
  std::string head;
};

std::vector<Row> rows() {
  const std::string data = source_dir() + "/tests/data/traces/";
  return {{"one stack", {"--trace", "demo"}, "L2H6"},
          {"cross-attention", {"--trace", data + "stacks.safetensors"}, "cross.L0H1"},
          {"grouped heads", {"--trace", data + "grouped.safetensors"}, "L0H1"}};
}

std::vector<std::string> with(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(FigureNumbers, LinesOfHeadFiguresAreTheWeights) {
  const TestFolder folder;
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const auto numbers = ask(with({"attention", "--head", row.head}, row.source));
    const auto figure = ask(with({"render", "head", "--heads", row.head, "--threshold", "0",
                                  "--topk", "64", "-o", folder.path("f.svg")},
                                 row.source));
    size_t above = 0;
    for (const auto& line : numbers["weights"]) {
      for (const auto& weight : line) above += weight.get<double>() > 0;
    }
    EXPECT_EQ(figure["edges"].size(), above);
    for (const auto& edge : figure["edges"]) {
      EXPECT_EQ(edge["weight"],
                numbers["weights"][edge["query"].get<size_t>()][edge["key"].get<size_t>()]);
    }
  }
}

// A comparison of a trace with itself draws no line; its two panels are the weights.
TEST(FigureNumbers, PanelsOfComparisonsAreTheWeights) {
  const TestFolder folder;
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const std::vector<std::string> twice =
        with({"render", "compare", "--with-trace", row.source[1], "--heads", row.head,
              "--threshold", "0", "-o", folder.path("f.svg")},
             row.source);
    EXPECT_EQ(ask(twice)["edges"].size(), 0u);
    const auto numbers = ask(with({"attention", "--head", row.head}, row.source));
    const auto panels = ask(with(twice, {"--panels", "both"}));
    EXPECT_FALSE(panels["edges"].empty());
    for (const auto& edge : panels["edges"]) {
      EXPECT_EQ(edge["weight"],
                numbers["weights"][edge["query"].get<size_t>()][edge["key"].get<size_t>()]);
    }
  }
}

// What the neuron figure prints beside each key.
TEST(FigureNumbers, NeuronFiguresPrintTheRow) {
  const TestFolder folder;
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const auto numbers = ask(with({"attention", "--head", row.head}, row.source));
    const auto figure = ask(
        with({"render", "neuron", "--heads", row.head, "--pin", "q1", "-o", folder.path("f.svg")},
             row.source));
    const std::string description = figure["description"];
    const std::regex key("\\(([0-9]+)\\) ([0-9.]+)[;.]");
    size_t named = 0;
    for (std::sregex_iterator it(description.begin(), description.end(), key), end; it != end;
         ++it) {
      const double weight = numbers["weights"][1][std::stoul((*it)[1])];
      EXPECT_NEAR(std::stod((*it)[2]), weight, 5.1e-5);
      ++named;
    }
    EXPECT_GE(named, std::min<size_t>(4, numbers["key_tokens"].size()));
  }
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The rectangles of a path's data, "Mx yhWvHh-Wz".
struct Rectangle {
  double x, y, width, height;
};
std::vector<Rectangle> rectangles(const std::string& d) {
  static const std::regex one("M([-0-9.]+) ([-0-9.]+)h([0-9.]+)v([0-9.]+)h-[0-9.]+z");
  std::vector<Rectangle> out;
  for (std::sregex_iterator it(d.begin(), d.end(), one), end; it != end; ++it) {
    out.push_back(
        {std::stod((*it)[1]), std::stod((*it)[2]), std::stod((*it)[3]), std::stod((*it)[4])});
  }
  return out;
}

// The colour of a cell is the weight in steps of 1/255, which are numbered in the cells' ids.
TEST(FigureNumbers, CellsOfMatricesAreTheWeights) {
  const TestFolder folder;
  const std::string path = folder.path("f.svg");
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const auto numbers = ask(with({"attention", "--head", row.head}, row.source));
    ask(with({"render", "matrix", "--heads", row.head, "-o", path}, row.source));
    const std::string svg = text_of(path);
    std::smatch outline;
    const std::regex frame("<path d=\"(M[^\"]*z)\" fill=\"none\" stroke=\"#55606E\"");
    ASSERT_TRUE(std::regex_search(svg, outline, frame));
    const Rectangle box = rectangles(outline[1]).at(0);
    const size_t keys = numbers["key_tokens"].size(), queries = numbers["weights"].size();
    const double cell = box.width / static_cast<double>(keys);
    std::vector<int> steps(queries * keys, 0);
    const std::regex path_of("<path id=\"cells-[^\"]*-([0-9]+)\" d=\"([^\"]*)\"");
    for (std::sregex_iterator it(svg.begin(), svg.end(), path_of), end; it != end; ++it) {
      for (const Rectangle& r : rectangles((*it)[2])) {
        const auto q = static_cast<size_t>(std::lround((r.y - box.y) / cell));
        const auto first = static_cast<size_t>(std::lround((r.x - box.x) / cell));
        const auto count = static_cast<size_t>(std::lround(r.width / cell));
        for (size_t k = first; k < first + count; ++k) {
          steps.at(q * keys + k) = std::stoi((*it)[1]);
        }
      }
    }
    for (size_t q = 0; q < queries; ++q) {
      for (size_t k = 0; k < keys; ++k) {
        EXPECT_NEAR(steps[q * keys + k] / 255.0, numbers["weights"][q][k].get<double>(),
                    0.5 / 255 + 1e-6)
            << q << " " << k;
      }
    }
  }
}

// Lines of the model view's pictures: of each query the 8 heaviest weights of .05 or more, as wide
// as the next tenth.
TEST(FigureNumbers, LinesOfModelFiguresAreTheHeaviestWeights) {
  const TestFolder folder;
  const std::string path = folder.path("f.svg");
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const size_t dot = row.head.rfind('.');
    const std::string stack = dot == std::string::npos ? "" : row.head.substr(0, dot);
    const std::string name = row.head.substr(dot == std::string::npos ? 0 : dot + 1);
    const size_t h = name.find('H');
    const std::string state = "#hs=1&v=model&gl=" + name.substr(1, h - 1) +
                              "&gh=" + name.substr(h + 1) + (stack.empty() ? "" : "&st=" + stack);
    ask(with({"render", "--state", state, "-o", path}, row.source));
    const std::string svg = text_of(path);
    const auto numbers = ask(with({"attention", "--head", row.head}, row.source));
    std::smatch box;
    ASSERT_TRUE(std::regex_search(svg, box,
                                  std::regex("<rect id=\"thumb-" + name +
                                             "\" x=\"([0-9.]+)\" y=\"([0-9.]+)\" "
                                             "width=\"([0-9.]+)\" height=\"([0-9.]+)\"")));
    const double top = std::stod(box[2]) + 2, tall = std::stod(box[4]) - 4;
    const size_t keys = numbers["key_tokens"].size(), queries = numbers["weights"].size();
    std::map<std::pair<size_t, size_t>, int> drawn;  // tenths of a weight
    const std::regex path_of(
        "<path d=\"((?:M[-0-9.]+ [-0-9.]+L[-0-9.]+ [-0-9.]+)+)\" fill=\"none\" "
        "stroke=\"[^\"]*\" stroke-width=\"([0-9.]+)\"");
    const std::regex line("M[-0-9.]+ ([-0-9.]+)L[-0-9.]+ ([-0-9.]+)");
    for (std::sregex_iterator it(svg.begin(), svg.end(), path_of), end; it != end; ++it) {
      const std::string d = (*it)[1];
      const auto tenths = static_cast<int>(std::lround((std::stod((*it)[2]) - 0.4) / 0.12));
      for (std::sregex_iterator l(d.begin(), d.end(), line); l != end; ++l) {
        const auto index = [&](const std::string& y, size_t count) {
          return static_cast<size_t>(
              std::lround((std::stod(y) - top) / tall * static_cast<double>(count) - 0.5));
        };
        drawn[{index((*l)[1], queries), index((*l)[2], keys)}] = tenths;
      }
    }
    size_t expected = 0;
    for (size_t q = 0; q < queries; ++q) {
      std::multiset<double> heavy;
      for (const auto& weight : numbers["weights"][q]) {
        if (weight.get<double>() >= 0.05) heavy.insert(weight.get<double>());
      }
      const size_t kept = std::min<size_t>(8, heavy.size());
      expected += kept;
      const double least = kept == 0 ? 1 : *std::next(heavy.rbegin(), static_cast<long>(kept) - 1);
      for (size_t k = 0; k < keys; ++k) {
        const auto found = drawn.find({q, k});
        if (found == drawn.end()) continue;
        const double weight = numbers["weights"][q][k];
        EXPECT_GE(weight, least);
        EXPECT_EQ(found->second, std::ceil(weight * 10 - 1e-6)) << q << " " << k;
      }
    }
    EXPECT_EQ(drawn.size(), expected);
  }
}

// Each cell of the pattern map has the score of the head's label that `patterns` prints.
TEST(FigureNumbers, ScoresOfMapsAreThoseOfPatterns) {
  const TestFolder folder;
  const std::string path = folder.path("f.svg");
  for (Row row : rows()) {
    SCOPED_TRACE(row.name);
    if (row.head.starts_with("cross")) row.source.insert(row.source.end(), {"--stack", "decoder"});
    ask(with({"render", "map", "-o", path}, row.source));
    const std::string svg = text_of(path);
    size_t scores = 0;
    const auto patterns = ask(with({"patterns"}, row.source));
    for (const auto& head : patterns["heads"]) {
      const std::string name = "L" + std::to_string(head["layer"].get<int>()) + "H" +
                               std::to_string(head["head"].get<int>());
      std::smatch cell;
      ASSERT_TRUE(std::regex_search(svg, cell,
                                    std::regex("<text id=\"label-" + name +
                                               "\"[^>]*>([^<]*)</text>\\n<([a-z]+)[^>]*>([^<]*)")));
      if (head["labels"].empty()) {
        EXPECT_EQ(cell[1], "·") << name;
        continue;
      }
      EXPECT_NE(cell[1], "·") << name;
      ASSERT_EQ(cell[2], "text") << name;
      // docs/patterns.md: what is measured for these two has another name than the pattern.
      const std::map<std::string, std::string> other = {{"same-word", "same_including_itself"},
                                                        {"other-sentence", "same_across"}};
      const std::string label = head["labels"][0];
      const auto score = head["scores"].find(other.contains(label) ? other.at(label) : label);
      ASSERT_NE(score, head["scores"].end()) << head["labels"];
      EXPECT_NEAR((*score)["value"].get<double>(), std::stod(cell[3]), 0.0051) << name;
      ++scores;
    }
    EXPECT_GT(scores + (row.head.starts_with("cross") ? 1 : 0), 0u);
  }
}

// Right minus left, head by head: a head of a tiny model with a head below it switched off.
TEST(FigureNumbers, LinesOfDifferencesAreDifferencesOfWeights) {
  const TestFolder folder;
  const std::vector<std::string> model = {"-m", source_dir() + "/tests/golden/tiny/bert-mlm",
                                          "I went to the store.",
                                          "At the store, I bought fresh straw berries."};
  const auto left = ask(with({"attention", "--head", "L1H0"}, model));
  const auto right = ask(with({"attention", "--head", "L1H0", "--ablate", "L0H0:zero"}, model));
  const auto figure = ask(with({"render", "compare", "--with-ablate", "L0H0:zero", "--heads",
                                "L1H0", "--threshold", "0", "-o", folder.path("f.svg")},
                               model));
  EXPECT_FALSE(figure["edges"].empty());
  for (const auto& edge : figure["edges"]) {
    const size_t q = edge["query"], k = edge["key"];
    EXPECT_NEAR(edge["weight"].get<double>(),
                right["weights"][q][k].get<double>() - left["weights"][q][k].get<double>(), 2e-7);
  }
}

}  // namespace
}  // namespace headscope::test
