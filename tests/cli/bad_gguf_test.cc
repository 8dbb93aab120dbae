// Every hostile file of tests/golden/gguf/bad through the program: exit code and words of its
// cases.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kBad = source_dir() + "/tests/golden/gguf/bad/";

Outcome run_on(const std::string& file) {
  return run_program(
      {.args = {"attention", "--ids", "1,2,3", "--head", "L0H0", "--json", "-m", kBad + file}});
}

TEST(BadGguf, IsRefused) {
  const json all = json::parse(std::ifstream(kBad + "cases.json", std::ios::binary));
  size_t cases = 0;
  for (const json& test : all.at("cases")) {
    const std::string id = test.at("id");
    const std::vector<int> codes = test.at("exit_code");
    const Outcome outcome = run_on(test.at("path"));
    ++cases;
    EXPECT_FALSE(outcome.timed_out) << id;
    EXPECT_THAT(codes, testing::Contains(outcome.exit)) << id << ": " << outcome.err;
    if (outcome.exit == 0) continue;  // a label that is not UTF-8 may be taken
    EXPECT_EQ(outcome.out, "") << id;
    for (const std::string word : test.at("must_contain")) {
      EXPECT_THAT(outcome.err, HasSubstr(word)) << id;
    }
  }
  EXPECT_EQ(cases, 28u);
}

// The unbroken twin is taken: the refusals above are the defects'.
TEST(BadGguf, ItsUnbrokenTwinIsTaken) {
  const Outcome outcome = run_on("_good.gguf");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_TRUE(json::accept(outcome.out)) << outcome.out;
}

}  // namespace
}  // namespace headscope::test
