// The numbers of figures are those of `headscope attention`: on one stack, on several, and where
// query heads share their keys.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

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
    for (const auto& edge : ask(with(twice, {"--panels", "both"}))["edges"]) {
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

}  // namespace
}  // namespace headscope::test
