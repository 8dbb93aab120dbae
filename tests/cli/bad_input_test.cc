// Every broken input of tests/golden/bad ends with an exit code and a message that its cases.json
// allows; nothing that a file holds is ever executed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"

namespace headscope::test {
namespace {

namespace fs = std::filesystem;

// What the pickle of pickle-with-code would create.
constexpr const char* kMarker = "/tmp/pwned-marker";

std::vector<nlohmann::json> bad_checkpoints() {
  std::ifstream in(std::string(HEADSCOPE_SOURCE_DIR) + "/tests/golden/bad/cases.json");
  std::vector<nlohmann::json> out;
  const nlohmann::json all = nlohmann::json::parse(in);
  for (const auto& item : all.at("cases")) {
    if (item.at("kind") == "checkpoint") out.push_back(item);
  }
  return out;
}

class BadInput : public testing::TestWithParam<nlohmann::json> {};

TEST_P(BadInput, EndsWithAReason) {
  const nlohmann::json& bad = GetParam();
  const std::string directory =
      std::string(HEADSCOPE_SOURCE_DIR) + "/tests/golden/bad/" + bad.at("path").get<std::string>();
  Invocation run;
  run.args = {"attention", "-m", directory, "the store", "--head", "L0H0"};
  run.timeout = std::chrono::seconds(30);
  const Outcome outcome = run_program(run);
  EXPECT_FALSE(outcome.timed_out);
  const auto& codes = bad.at("exit_code");
  EXPECT_NE(std::find(codes.begin(), codes.end(), outcome.exit), codes.end())
      << "exit " << outcome.exit << ": " << outcome.err;
  EXPECT_EQ(outcome.out, "");
  for (const std::string part : bad.at("must_contain")) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in: " << outcome.err;
  }
  EXPECT_FALSE(fs::exists(kMarker));
}

std::string test_name(const testing::TestParamInfo<nlohmann::json>& bad) {
  std::string name = bad.param.at("id");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, BadInput, testing::ValuesIn(bad_checkpoints()), test_name);

}  // namespace
}  // namespace headscope::test
