// Pulls through a stand-in for mvn (tests/data/maven/mvn), so without a network.
#include "io/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/child_process.h"
#include "io/fingerprint.h"
#include "io/sha256.h"
#include "io/test_environment.h"
#include "io/test_folder.h"
#include "io/weight_store.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kSource = source_dir();
const std::string kSavedModel = kSource + "/tests/data/tensorflow/saved_model";
const std::string kExpected = kSource + "/tests/data/tensorflow/saved_model.expected.safetensors";

class Pull : public testing::Test {
 protected:
  Pull() {
    fs::create_directories(folder_.path("expected"));
    fs::copy(kExpected, folder_.path("expected/model.safetensors"));
    model_.name = "tiny";
    model_.coordinates = "org.example.models:tiny-model:1.0.0";
    model_.archive = "models/tiny-model";
    model_.download_bytes = 170'000;
    model_.vocabulary_sha256 = sha256(read_file(kSavedModel + "/assets/vocab.txt"));
    model_.fingerprint = fingerprint(*open_weights(folder_.path("expected")));
  }
  std::string error_of(const std::string& how, ErrorCode expected) {
    const TestVariable mode("FAKE_MVN", how);
    try {
      pull_known_model(model_, {}, {});
      ADD_FAILURE() << how << " was accepted";
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.what();
      return error.what();
    }
  }
  // Everything below the cache's models that is no lock, as one text.
  std::string left() const {
    std::string names;
    for (const auto& entry : fs::directory_iterator(folder_.path("cache/models"))) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(".lock-")) names += name + " ";
    }
    return names;
  }

  TestFolder folder_;
  KnownModelSource model_;
  TestVariable cache_{"HEADSCOPE_CACHE", folder_.path("cache")};
  TestVariable hub_{"HF_HUB_CACHE", folder_.path("hub")};
  TestVariable path_{"PATH", kSource + "/tests/data/maven:" + std::getenv("PATH")};
  TestVariable saved_model_{"FAKE_MVN_MODEL", kSavedModel};
};

TEST_F(Pull, GivesAHuggingFaceDirectory) {
  std::vector<std::string> steps;
  int64_t last = 0;
  RunControl control;
  control.progress = [&](int64_t done, int64_t total) {
    EXPECT_LE(done, total);
    last = done;
  };
  const PulledModel pulled =
      pull_known_model(model_, control, [&](const std::string& step) { steps.push_back(step); });
  EXPECT_EQ(pulled.path, folder_.path("cache/models/tiny"));
  EXPECT_EQ(pulled.source, model_.coordinates);
  EXPECT_EQ(pulled.fingerprint, model_.fingerprint);
  EXPECT_EQ(steps.size(), 4U);
  EXPECT_GT(last, 0);
  EXPECT_EQ(left(), "tiny ");
  EXPECT_EQ(read_file(pulled.path + "/vocab.txt"), read_file(kSavedModel + "/assets/vocab.txt"));
  EXPECT_THAT(read_file(pulled.path + "/tokenizer_config.json"),
              HasSubstr("\"do_lower_case\": true"));
  EXPECT_THAT(read_file(pulled.path + "/config.json"), HasSubstr("\"hidden_size\": 64"));

  const std::string bytes = read_file(pulled.path + "/model.safetensors");
  const SafetensorsView view(std::as_bytes(std::span(bytes)), "model.safetensors");
  EXPECT_EQ(view.metadata().at("format"), "pt");
  const std::string expected_bytes = read_file(kExpected);
  const SafetensorsView expected(std::as_bytes(std::span(expected_bytes)), kExpected);
  EXPECT_EQ(view.tensors().size(), expected.tensors().size());
  for (const TensorEntry& entry : expected.tensors()) {
    const TensorEntry* found = view.find(entry.name);
    ASSERT_NE(found, nullptr) << entry.name;
    EXPECT_EQ(found->shape, entry.shape);
    EXPECT_EQ(to_float(*found), to_float(entry)) << entry.name;
  }
  // Once it is there, mvn is not asked again.
  const TestVariable mode("FAKE_MVN", "fail");
  EXPECT_EQ(pull_known_model(model_, {}, {}).path, pulled.path);
  EXPECT_EQ(find_model("tiny"), pulled.path);
}

TEST_F(Pull, SourcesThatCannotBeReachedExitWith4) {
  EXPECT_THAT(
      error_of("fail", ErrorCode::kNotFound),
      AllOf(HasSubstr(model_.coordinates), HasSubstr("the repository could not be reached")));
  EXPECT_THAT(error_of("nothing", ErrorCode::kNotFound), HasSubstr("tiny-model-1.0.0.jar"));
  const TestVariable no_mvn("PATH", folder_.path());
  EXPECT_THAT(error_of("good", ErrorCode::kNotFound), HasSubstr("mvn"));
  EXPECT_EQ(left(), "");
}

TEST_F(Pull, DamageIsFoundAndLeavesNothing) {
  EXPECT_THAT(error_of("flipped", ErrorCode::kBadInput), HasSubstr("CRC32C"));
  EXPECT_THAT(error_of("cut", ErrorCode::kBadInput), HasSubstr("tiny-model-1.0.0.jar"));
  EXPECT_THAT(error_of("no-weights", ErrorCode::kBadInput), HasSubstr("3 of"));
  model_.fingerprint = std::string(64, '0');
  EXPECT_THAT(error_of("good", ErrorCode::kBadInput), HasSubstr(model_.fingerprint));
  model_.vocabulary_sha256 = std::string(64, '1');
  EXPECT_THAT(error_of("good", ErrorCode::kBadInput), HasSubstr("vocab.txt"));
  EXPECT_EQ(left(), "");
}

TEST_F(Pull, NothingIsWrittenOutside) {
  const TestVariable mode("FAKE_MVN", "outside");
  pull_known_model(model_, {}, {});
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    EXPECT_NE(entry.path().filename(), "outside.txt");
  }
}

TEST_F(Pull, RemovesWhatAnInterruptedOneLeft) {
  folder_.write("cache/models/.pull-tiny/model/config.json", "{}");
  folder_.write("cache/models/tiny/vocab.txt", "half");
  pull_known_model(model_, {}, {});
  EXPECT_EQ(left(), "tiny ");
  EXPECT_EQ(find_model("tiny"), folder_.path("cache/models/tiny"));
}

TEST_F(Pull, DamagedWeightsAreFetchedAgain) {
  const std::string path = pull_known_model(model_, {}, {}).path + "/model.safetensors";
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  folder_.write("cache/models/tiny/model.safetensors", bytes);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
  std::string said;
  pull_known_model(model_, {}, [&](const std::string& line) { said += line; });
  EXPECT_THAT(said, HasSubstr("damaged"));
  EXPECT_EQ(fingerprint(*open_weights(folder_.path("cache/models/tiny"))), model_.fingerprint);
}

TEST_F(Pull, CancellingKillsMavenAndLeavesNothing) {
  const TestVariable mode("FAKE_MVN", "slow");
  RunControl control;
  bool downloading = false;
  // Cancelled once the growing file was seen.
  control.progress = [&](int64_t done, int64_t) {
    downloading = downloading || done > 0;
    if (downloading) control.cancel.cancel();
  };
  const auto start = std::chrono::steady_clock::now();
  try {
    pull_known_model(model_, control, {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_TRUE(downloading);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  EXPECT_EQ(left(), "");
}

TEST_F(Pull, TwoAtOnceFetchOnce) {
  std::vector<std::string> said[2];
  const auto pull = [&](int i) {
    pull_known_model(model_, {}, [&said, i](const std::string& line) { said[i].push_back(line); });
  };
  std::thread other(pull, 1);
  pull(0);
  other.join();
  EXPECT_EQ(left(), "tiny ");
  const auto fetched = [](const std::vector<std::string>& lines) { return lines.size() >= 4; };
  EXPECT_NE(fetched(said[0]), fetched(said[1]));
}

TEST(ChildProcess, ReportsHowItEnded) {
  const TestFolder folder;
  const auto wait = [](ChildProcess& child) {
    std::optional<int> status;
    while (!(status = child.poll())) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return *status;
  };
  ChildProcess good({"sh", "-c", "pwd; cat; echo oops >&2; exit 3"}, folder.path(),
                    folder.path("log"));
  EXPECT_EQ(wait(good), 3);
  EXPECT_THAT(read_file(folder.path("log")), AllOf(HasSubstr(folder.path()), HasSubstr("oops")));
  ChildProcess killed({"sh", "-c", "kill -9 $$"}, folder.path(), folder.path("log"));
  EXPECT_EQ(wait(killed), 128 + SIGKILL);
  EXPECT_THROW(ChildProcess({"no-such-program"}, folder.path(), folder.path("log")), Error);
}

}  // namespace
}  // namespace headscope
