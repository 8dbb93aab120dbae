// What `trace --measure-error` states is the error of the run that it stores: the largest
// difference of a weight between two traces that the program printed, one of them in float32.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "io/test_folder.h"
#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

class MeasuredError : public testing::Test {
 protected:
  std::string trace(const std::string& name, const std::vector<std::string>& options) {
    const std::string path = folder_.path(name + ".safetensors");
    Invocation run{
        {"trace", "-m", source_dir() + "/tests/golden/tiny/bert-mlm", "I went", "-o", path}};
    run.args.insert(run.args.end(), options.begin(), options.end());
    const Outcome done = run_program(run);
    EXPECT_EQ(done.exit, 0) << done.err;
    return path;
  }

  static double stated(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::smatch found;
    const std::regex field(R"(attention_max\\":([-+.e0-9]+))");
    EXPECT_TRUE(std::regex_search(text, found, field)) << path;
    return found.empty() ? -1 : std::stod(found[1]);
  }

  static nlohmann::json weights(const std::string& path, int layer, int head) {
    const std::string name = "L" + std::to_string(layer) + "H" + std::to_string(head);
    const Outcome done = run_program({{"attention", "--trace", path, "--head", name, "--json"}});
    EXPECT_EQ(done.exit, 0) << done.err;
    return nlohmann::json::parse(done.out).at("weights");
  }

  static double largest_difference(const std::string& a, const std::string& b) {
    constexpr int kLayers = 3, kHeads = 4;  // of the tiny model
    double most = 0;
    for (int layer = 0; layer < kLayers; ++layer) {
      for (int head = 0; head < kHeads; ++head) {
        const auto left = weights(a, layer, head), right = weights(b, layer, head);
        for (size_t q = 0; q < left.size(); ++q) {
          for (size_t k = 0; k < left[q].size(); ++k) {
            most = std::max(most, std::abs(left[q][k].get<double>() - right[q][k].get<double>()));
          }
        }
      }
    }
    return most;
  }

  TestFolder folder_;
};

TEST_F(MeasuredError, IsThatOfTheAblatedRun) {
  const std::vector<std::string> ablation = {"--ablate", "L0H0,L0H1:mean,L0H2,L0H3,L1H0"};
  std::vector<std::string> measured = {"--precision", "bf16", "--measure-error"};
  const double of_all_heads = stated(trace("whole", measured));
  measured.insert(measured.end(), ablation.begin(), ablation.end());
  const std::string less = trace("less", measured), exact = trace("exact", ablation);
  const double expected = largest_difference(less, exact);
  ASSERT_GT(expected, 0);
  // Both files hold float32 vectors, of which the weights are computed again.
  EXPECT_NEAR(stated(less), expected, 2e-6);
  EXPECT_GT(std::abs(of_all_heads - expected), 2e-5) << "the two runs cannot be told apart";
}

}  // namespace
}  // namespace headscope::test
