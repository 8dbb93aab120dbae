// A case of tests/cli/cases/*.json. In its strings {golden} is tests/golden, {data} tests/data,
// {tmp} a fresh folder of the case.
//
//   name     unique in its file
//   needs    "weights": bert-base-uncased is run, from the user's own cache
//   before   lists of args that are run first and must exit 0
//   args     what the user types after "headscope"
//   stdin    given on standard input
//   env      environment variables, over the test's
//   write    {path: text}: files that are there before
//   interrupt_after_ms  Ctrl-C at that time
//   exit     0 where it is left out
//   stdout, stderr      parts that must occur. Left out: nothing may be printed there when the
//                       exit is not 0 (stdout), or when it is 0 (stderr)
//   stdout_lacks        parts that must not occur
//   json     {pointer: value}: standard output is one JSON document with these values
//   near     {pointer: [value, tolerance]}
//   size     {pointer: number of elements}
//   files    {path: [parts]}; an empty list: it exists; null: it does not exist
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace headscope::test {

struct Case {
  std::string file;  // "attention"
  nlohmann::json data;
  std::string name() const { return data.at("name"); }
  bool needs_weights() const { return data.value("needs", "") == "weights"; }
};

// All cases of tests/cli/cases, in the order of file and list.
std::vector<Case> load_cases(bool needing_weights);
// Runs it and reports every difference through GoogleTest.
void check_case(const Case& test);

}  // namespace headscope::test
