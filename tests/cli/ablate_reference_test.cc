// `ablate` of encoder–decoder models against Transformers (tests/golden/ablations/make.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

using Json = nlohmann::json;

TEST(Ablate, HeadsOfEncoderDecoderModelsChangeTheTargetAsInTransformers) {
  const std::string folder = source_dir() + "/tests/golden/ablations/";
  std::ifstream file(folder + "changes.json");
  const Json golden = Json::parse(file);
  ASSERT_EQ(golden["models"].size(), 3u);
  for (const auto& [name, expected] : golden["models"].items()) {
    for (const std::string mode : {"zero", "mean"}) {
      const Outcome done =
          run_program({{"ablate", "-m", source_dir() + "/tests/golden/tiny/" + name, "--mode", mode,
                        "--threads", "1", "--json", folder + "pairs.jsonl"}});
      ASSERT_EQ(done.exit, 0) << done.err;
      const Json heads = Json::parse(done.out)["heads"];
      ASSERT_EQ(heads.size(), expected["heads"].size()) << name;
      for (const Json& reference : expected["heads"]) {
        const auto found = std::ranges::find_if(heads, [&](const Json& head) {
          return head["stack"] == reference["stack"] && head["layer"] == reference["layer"] &&
                 head["head"] == reference["head"];
        });
        ASSERT_NE(found, heads.end()) << reference.dump();
        EXPECT_NEAR((*found)["change"].get<double>(), reference[mode].get<double>(), 5e-6)
            << name << ' ' << mode << ' ' << reference.dump();
        EXPECT_EQ((*found)["n"], expected["tokens"]);
      }
    }
  }
}

}  // namespace
}  // namespace headscope::test
