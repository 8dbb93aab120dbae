// The requests that the fuzz target begins with are good ones: a change of the wire that leaves
// them behind would leave the target with refusals alone.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "rpc/test_model.h"
#include "test_paths.h"

namespace headscope::rpc_test {
namespace {

TEST(FuzzSeeds, AreAnswered) {
  TestRpc world(true);
  const TokenSequence text = world.model->tokenize("a file", std::nullopt, {});
  std::ifstream file(source_dir() + "/tests/data/fuzz/requests.txt");
  std::set<std::string> methods;
  int answered = 0;
  for (std::string line; std::getline(file, line);) {
    const size_t blank = line.find(' ');
    const std::string method = line.substr(0, blank);
    std::string body = with_hand(line.substr(blank + 1), world.hand);
    if (method == "open")
      body += '\0' + serialize_trace(*world.model->trace({&text, 1}, {}, {})[0]);
    const Json answer = TestRpc::json_of(world.rpc.answer(method, body));
    // Some ask for what the trace by hand lacks, which is a question all the same.
    const bool asked = !answer.contains("error") || answer["error"]["code"] == "HS-CAP-01";
    EXPECT_TRUE(asked) << line << "\n" << answer.dump();
    answered += answer.contains("error") ? 0 : 1;
    methods.insert(method);
  }
  EXPECT_GE(methods.size(), 12U);
  EXPECT_GE(answered, 12);
}

}  // namespace
}  // namespace headscope::rpc_test
