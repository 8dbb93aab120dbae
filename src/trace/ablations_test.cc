#include <gtest/gtest.h>

#include "headscope/error.h"
#include "headscope/runner.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

struct AblationCase {
  const char* text;
  const char* expected;  // "" = refused
};

TEST(Ablations, AreParsedAgainstTheShape) {
  const StackInfo shape[] = {stack("self", {0, 2}, {3, 12}, {3, 12})};
  const AblationCase cases[] = {
      {"L2H9", "L2H9:0"},
      {"L2H9:zero", "L2H9:0"},
      {"L0H1:mean,L2H11:uniform", "L0H1:1 L2H11:2"},
      {"L0H*", "L0H0:0 L0H1:0 L0H2:0"},
      {"L0H*:mean,L0H1:mean", "L0H0:1 L0H1:1 L0H2:1"},
      {"l0h1", "L0H1:0"},
      {"L0H1:mean,L0H1", ""},
      {"L1H0", ""},
      {"L0H3", ""},
      {"L3H*", ""},
      {"L2H1*", ""},
      {"L2*", ""},
      {"H*", ""},
      {"L0H1:", ""},
      {"L0H1:half", ""},
      {"L0H1,", ""},
      {",L0H1", ""},
      {"L0H1 L0H2", ""},
      {"x", ""},
  };
  for (const AblationCase& c : cases) {
    std::string got;
    try {
      for (const Ablation& a : parse_ablations(c.text, shape)) {
        got += (got.empty() ? "" : " ") + to_string(a.head.id) + ":" +
               std::to_string(static_cast<int>(a.kind));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << c.text;
    }
    EXPECT_EQ(got, c.expected) << c.text;
  }
  EXPECT_TRUE(parse_ablations("", shape).empty());
}

TEST(Ablations, NameTheStackWhereThereAreSeveral) {
  const StackInfo stacks[] = {stack("encoder", {0, 1}, {2, 2}, {2, 2}),
                              stack("decoder", {0}, {3}, {3})};
  const auto read = [&](const std::string& text, int otherwise = 0) {
    return to_string(parse_ablations(text, stacks, otherwise), stacks);
  };
  EXPECT_EQ(read("L1H0,decoder.L0H2:mean"), "encoder.L1H0:zero,decoder.L0H2:mean");
  EXPECT_EQ(read("L0H2", 1), "decoder.L0H2:zero");
  EXPECT_EQ(read("decoder.L0H*:uniform"),
            "decoder.L0H0:uniform,decoder.L0H1:uniform,decoder.L0H2:uniform");
  for (const char* wrong : {"decoder.L1H0", "cross.L0H0", ".L0H0", "encoder.", "encoder.L0H2",
                            "decoder.encoder.L0H0"}) {
    EXPECT_THROW(read(wrong), Error) << wrong;
  }
}

}  // namespace
}  // namespace headscope
