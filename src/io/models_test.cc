#include "headscope/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "format/read_file.h"
#include "headscope/error.h"
#include "io/cache_paths.h"
#include "io/fingerprint.h"
#include "io/fingerprint_cache.h"
#include "io/known_models.h"
#include "io/model_files.h"
#include "io/test_environment.h"
#include "io/test_folder.h"
#include "io/weight_store.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

const std::string kSource = source_dir();
const std::string kTiny = kSource + "/tests/golden/tiny/bert-mlm";
const std::string kSavedModel = kSource + "/tests/data/tensorflow/saved_model";

// Empty caches of our own, whatever this machine has.
class Models : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(hub()); }
  std::string hub() const { return folder_.path("hub"); }
  std::string cache() const { return folder_.path("cache"); }
  // A model in the layout of Hugging Face's cache.
  std::string add_to_hub(const std::string& name, const std::string& model = kTiny) const {
    const std::string snapshot = hub() + "/" + name + "/snapshots/abc123";
    folder_.write("hub/" + name + "/refs/main", "abc123");
    fs::create_directories(fs::path(snapshot).parent_path());
    fs::create_directory_symlink(model, snapshot);
    return snapshot;
  }
  std::string add_to_cache(const std::string& name) const {
    const std::string path = cache() + "/models/" + name;
    fs::create_directories(path);
    for (const char* file : {"config.json", "vocab.txt", "model.safetensors"}) {
      fs::copy(kTiny + "/" + file, path);
    }
    return path;
  }

  TestFolder folder_;
  TestVariable cache_{"HEADSCOPE_CACHE", folder_.path("cache")};
  TestVariable hub_{"HF_HUB_CACHE", folder_.path("hub")};
};

std::string not_found(const std::string& name) {
  try {
    return "found " + find_model(name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(error.id(), "HS-MODEL-01");
    return error.what();
  }
}

// What `hf download --revision COMMIT` leaves: a snapshot that no refs/main names.
TEST_F(Models, ASnapshotWithoutAReferenceIsFoundWhereThereIsOne) {
  const fs::path snapshots = fs::path(hub()) / "models--org--tiny" / "snapshots";
  fs::create_directories(snapshots / "empty");
  EXPECT_THAT(not_found("org/tiny"), HasSubstr("models--org--tiny has no snapshot that holds a"));
  fs::create_directory_symlink(kTiny, snapshots / "aaa");
  EXPECT_EQ(find_model("org/tiny"), (snapshots / "aaa").string());
  fs::create_directory_symlink(kTiny, snapshots / "bbb");
  EXPECT_THAT(not_found("org/tiny"), HasSubstr((snapshots / "bbb").string()));
  EXPECT_EQ(find_model("org/tiny@bbb"), (snapshots / "bbb").string());
  EXPECT_THAT(not_found("org/tiny@b"),
              AllOf(HasSubstr("no revision 'b'"), HasSubstr("a commit: aaa, bbb")));
  // A reference to what is not there is no invitation to take another.
  folder_.write("hub/models--org--tiny/refs/main", "ccc");
  EXPECT_THAT(not_found("org/tiny"), HasSubstr((snapshots / "aaa").string()));
}

TEST_F(Models, ADirectoryBeatsAName) {
  EXPECT_EQ(find_model(kTiny), kTiny);
  EXPECT_THROW(find_model(kTiny + "/config.json"), Error);
}

TEST_F(Models, HuggingFacesCacheBeatsOurOwn) {
  const std::string own = add_to_cache("bert-base-uncased");
  EXPECT_EQ(find_model("bert-base-uncased"), own);
  EXPECT_EQ(find_model("google-bert/bert-base-uncased"), own);
  const std::string google = add_to_hub("models--google-bert--bert-base-uncased");
  EXPECT_EQ(find_model("bert-base-uncased"), google);
  const std::string plain = add_to_hub("models--bert-base-uncased");
  EXPECT_EQ(find_model("bert-base-uncased"), plain);
  const std::string someone = add_to_hub("models--someone--tiny");
  EXPECT_EQ(find_model("someone/tiny"), someone);
}

TEST_F(Models, AFolderIsAModelOrHoldsSome) {
  fs::create_directories(folder_.path("zoo"));
  for (const char* name : {"b", "a"}) {
    fs::create_directory_symlink(kTiny, folder_.path("zoo") + "/" + name);
  }
  folder_.write("zoo/notes/config.json", "{}");  // no weights: no model
  folder_.write("zoo/README.md", "models");
  std::vector<std::string> names;
  for (const KnownModel& model : list_models_in(folder_.path("zoo"))) {
    names.push_back(model.name);
    EXPECT_EQ(model.source, "folder");
    EXPECT_EQ(model.family, "bert");
    EXPECT_TRUE(model.cached);
    EXPECT_EQ(model.problem, "");
  }
  EXPECT_THAT(names, ElementsAre("a", "b"));
  for (const char* stroke : {"", "/"}) {
    const auto alone = list_models_in(kTiny + stroke);
    ASSERT_EQ(alone.size(), 1u);
    EXPECT_EQ(alone[0].name, "bert-mlm");
  }
  EXPECT_TRUE(list_models_in(folder_.path("zoo") + "/notes").empty());
  EXPECT_THROW(list_models_in(folder_.path("none")), Error);
}

TEST_F(Models, FollowsTheEnvironment) {
  const TestVariable no_hub("HF_HUB_CACHE", "");
  const TestVariable no_cache("HEADSCOPE_CACHE", "");
  const TestVariable xdg("XDG_CACHE_HOME", "/x");
  EXPECT_EQ(hugging_face_hub(), "/x/huggingface/hub");
  EXPECT_EQ(own_models(), "/x/headscope/models");
  const TestVariable hf_home("HF_HOME", "/h");
  EXPECT_EQ(hugging_face_hub(), "/h/hub");
  const TestVariable no_xdg("XDG_CACHE_HOME", "");
  const TestVariable home("HOME", "/home/u");
  EXPECT_EQ(own_models(), "/home/u/.cache/headscope/models");
}

TEST_F(Models, WhatHeadscopeCannotReadIsNotFound) {
  folder_.write("other/config.json", "{}");
  folder_.write("other/flax_model.msgpack", "");
  add_to_hub("models--bert-base-cased", folder_.path("other"));
  EXPECT_THAT(not_found("bert-base-cased"), HasSubstr("headscope pull bert-base-cased"));
  // What an interrupted pull leaves.
  fs::create_directories(cache() + "/models");
  fs::rename(add_to_cache("x"), cache() + "/models/.pull-bert-base-uncased");
  EXPECT_THAT(not_found(".pull-bert-base-uncased"), HasSubstr("no model"));
  EXPECT_TRUE(cached_names().empty());
}

TEST_F(Models, AnUnknownNameGetsTheNearestOnes) {
  EXPECT_THAT(not_found("bert-bse-uncased"),
              AllOf(HasSubstr("bert-bse-uncased"), HasSubstr("bert-base-uncased"), HasSubstr(hub()),
                    HasSubstr(cache()), HasSubstr("headscope pull")));
  for (const char* name : {"../none", "/none", "a/b/c", "", "bert base", "a//b", "a/", ".x"}) {
    EXPECT_THAT(not_found(name), HasSubstr("no model"));
  }
  try {
    pull_model("bert-base-uncasedd");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("bert-base-uncased,"), HasSubstr(hub()),
                                    HasSubstr(cache()), HasSubstr("Maven")));
  }
}

TEST(KnownModels, NearestNames) {
  const std::vector<std::string> names = {"bert-base-cased", "bert-base-uncased", "gpt2"};
  EXPECT_EQ(nearest_names("bert-base-uncasd", names)[0], "bert-base-uncased");
  EXPECT_EQ(nearest_names("BERT-base-cased", names)[0], "bert-base-cased");
  EXPECT_THAT(nearest_names("gpt", names), ElementsAre("gpt2"));
  EXPECT_THAT(nearest_names("zebra", names), testing::SizeIs(1));
  EXPECT_THAT(nearest_names(std::string(100000, 'x'), names), testing::SizeIs(1));
  for (const KnownModelSource& model : known_models()) EXPECT_TRUE(is_model_name(model.name));
}

TEST_F(Models, ListsTheKnownThenTheCached) {
  add_to_cache("mine");
  add_to_hub("models--google-bert--bert-base-cased");
  const auto models = list_models();
  std::vector<std::string> names, cached;
  for (const KnownModel& model : models) {
    names.push_back(model.name);
    if (model.cached) cached.push_back(model.name);
    EXPECT_EQ(model.path.empty(), !model.cached);
    EXPECT_EQ(model.fingerprint, "");
  }
  EXPECT_THAT(names,
              ElementsAre("all-minilm-l6-v2", "bert-base-cased", "bert-base-multilingual-cased",
                          "bert-base-uncased", "smollm2-135m-instruct", "mine"));
  EXPECT_THAT(cached, ElementsAre("bert-base-cased", "mine"));
}

TEST_F(Models, PullAnswersAtOnceWhenItIsThere) {
  const std::string path = add_to_hub("models--bert-base-uncased");
  const PulledModel model = pull_model("google-bert/bert-base-uncased");
  EXPECT_EQ(model.name, "bert-base-uncased");
  EXPECT_EQ(model.path, path);
  EXPECT_EQ(model.source, "the Hugging Face cache");
  EXPECT_EQ(model.fingerprint, fingerprint(*open_weights(kTiny)));
}

TEST_F(Models, FingerprintIsKeptUntilTheFilesChange) {
  const std::string path = add_to_cache("mine");
  EXPECT_EQ(cached_fingerprint(path), std::nullopt);
  const std::string first = model_fingerprint(path);
  EXPECT_EQ(first, fingerprint(*open_weights(kTiny)));
  EXPECT_EQ(cached_fingerprint(path), first);
  EXPECT_EQ(list_models().back().fingerprint, first);
  // Kept, not computed: another value in the cache is believed.
  const std::string other(64, 'a');
  keep_fingerprint(path, other);
  EXPECT_EQ(model_fingerprint(path + "/."), other);
  const fs::path weights = path + "/model.safetensors";
  fs::last_write_time(weights, fs::last_write_time(weights) + std::chrono::seconds(1));
  EXPECT_EQ(cached_fingerprint(path), std::nullopt);
  EXPECT_EQ(model_fingerprint(path), first);
  // Nothing was written beside the weights.
  EXPECT_EQ(std::distance(fs::directory_iterator(path), fs::directory_iterator()), 3);
}

TEST_F(Models, ADamagedFingerprintEntryIsComputedAgain) {
  const std::string path = add_to_cache("mine");
  const std::string first = model_fingerprint(path);
  for (const auto& entry : fs::directory_iterator(cache() + "/fingerprints")) {
    folder_.write(fs::relative(entry.path(), folder_.path()).string(), "{\"fingerprint\": 3");
  }
  EXPECT_EQ(model_fingerprint(path), first);
}

TEST_F(Models, ACacheThatCannotBeWrittenIsNoError) {
  const TestVariable nowhere("HEADSCOPE_CACHE", "/dev/null/cache");
  EXPECT_EQ(model_fingerprint(kTiny), fingerprint(*open_weights(kTiny)));
}

// Sizes as make.py made them; 1 head of 64; the positions are the limit.
TEST(ModelFiles, ConfigurationFromShapes) {
  const Json config = read_model_config(kSavedModel).config;
  const Json expected = {{"hidden_size", 64},
                         {"num_hidden_layers", 1},
                         {"num_attention_heads", 1},
                         {"intermediate_size", 96},
                         {"max_position_embeddings", 20},
                         {"type_vocab_size", 2},
                         {"vocab_size", 14},
                         {"model_type", "bert"},
                         {"hidden_act", "gelu"},
                         {"layer_norm_eps", 1e-12},
                         {"architectures", {"BertForMaskedLM"}}};
  for (const auto& [key, value] : expected.items()) EXPECT_EQ(config.at(key), value) << key;
  EXPECT_EQ(vocabulary_path(kSavedModel), kSavedModel + "/assets/vocab.txt");
}

TEST(ModelFiles, GooglesConfigurationWinsOverShapes) {
  const std::string checkpoint = kSource + "/tests/data/tensorflow/checkpoint";
  const ModelConfigFile file = read_model_config(checkpoint);
  EXPECT_EQ(file.source, checkpoint + "/bert_config.json");
  EXPECT_EQ(file.config.at("num_attention_heads"), 2);  // 32 wide: no heads of 64
  EXPECT_EQ(file.config.at("architectures")[0], "BertForPreTraining");
  EXPECT_EQ(file.config.at("model_type"), "bert");
}

TEST(ModelFiles, LowerCaseIsReadOffTheVocabulary) {
  const TestFolder folder;
  EXPECT_TRUE(vocabulary_is_lower_case(folder.path(), "[PAD]\n[MASK]\nthe\n##S\n"));
  EXPECT_FALSE(vocabulary_is_lower_case(folder.path(), "[PAD]\nthe\nThe"));
  // One name in capitals makes no cased vocabulary.
  std::string words = "[PAD]\nENTITY\n";
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + "\n";
  EXPECT_TRUE(vocabulary_is_lower_case(folder.path(), words));
  folder.write("assets/model.json", "{\"doLowerCase\": false}");
  EXPECT_FALSE(vocabulary_is_lower_case(folder.path(), "the\n"));
}

}  // namespace
}  // namespace headscope
