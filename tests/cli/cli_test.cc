// Every case of tests/cli/cases as a test of its own.
#include <gtest/gtest.h>

#include <cstdlib>

#include "case.h"

namespace headscope::test {

// GoogleTest prints it beside a failure.
void PrintTo(const Case& test, std::ostream* out) { *out << test.file << ": " << test.name(); }

namespace {

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file + "_" + info.param.name();
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class Cli : public testing::TestWithParam<Case> {};
TEST_P(Cli, Case) { check_case(GetParam()); }
INSTANTIATE_TEST_SUITE_P(All, Cli, testing::ValuesIn(load_cases(false)), test_name);

class CliWeights : public testing::TestWithParam<Case> {};
TEST_P(CliWeights, Case) {
  const char* offline = std::getenv("HEADSCOPE_OFFLINE");
  if (offline && std::string(offline) == "1") GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  check_case(GetParam());
}
INSTANTIATE_TEST_SUITE_P(All, CliWeights, testing::ValuesIn(load_cases(true)), test_name);
// Until a case needs them there is nothing to run.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CliWeights);

}  // namespace
}  // namespace headscope::test
