// Runs the built program as a user would: words, standard input, what it prints, how it ends.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace headscope::test {

struct Invocation {
  std::vector<std::string> args;
  std::string stdin_text;
  std::map<std::string, std::string> environment;  // over the test's own; "" removes
  // Sends SIGINT after this time and keeps standard input open until then.
  std::optional<std::chrono::milliseconds> interrupt_after;
  std::chrono::seconds timeout{120};
};

struct Outcome {
  int exit = -1;  // 128 + the signal's number where one ended it
  std::string out, err;
  bool timed_out = false;
};

Outcome run_program(const Invocation& run);

}  // namespace headscope::test
