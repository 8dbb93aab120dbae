// How names lead to GGUF files: paths, folders, the Hugging Face cache, Ollama's folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "headscope/error.h"
#include "headscope/models.h"
#include "io/gguf_folder.h"
#include "io/model_source.h"
#include "io/ollama.h"
#include "io/test_environment.h"
#include "io/test_folder.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kLlama = source_dir() + "/tests/golden/gguf/models/llama-q8_0/model.gguf";
const std::string kBert = source_dir() + "/tests/golden/tiny/bert-mlm";

class GgufNames : public testing::Test {
 protected:
  std::string add(const std::string& file, const std::string& target = kLlama) const {
    const fs::path path = folder_.path(file);
    fs::create_directories(path.parent_path());
    fs::create_symlink(target, path);
    return path.string();
  }
  std::string error_of(const std::string& name, ErrorCode expected) const {
    try {
      return "found " + find_model(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.what();
      return error.what();
    }
  }

  TestFolder folder_;
  TestVariable cache_{"HEADSCOPE_CACHE", folder_.path("cache")};
  TestVariable hub_{"HF_HUB_CACHE", folder_.path("hub")};
  TestVariable ollama_{"OLLAMA_MODELS", folder_.path("ollama")};
  TestVariable home_{"HOME", folder_.path("home")};
  TestVariable user_cache_{"XDG_CACHE_HOME", folder_.path("home/.cache")};
};

TEST_F(GgufNames, LmStudiosFolder) {
  const std::string old = add("home/.cache/lm-studio/models/org/tiny/tiny-Q8_0.gguf");
  EXPECT_EQ(find_model("org/tiny"), old);
  const std::string file = add("home/.lmstudio/models/org/tiny/tiny-Q8_0.gguf");
  EXPECT_EQ(find_model("org/tiny"), file) << "the newer place";
  EXPECT_EQ(find_model("org/tiny:tiny-Q8_0.gguf"), file);
  const std::string other = add("elsewhere/models/org/tiny/tiny-Q8_0.gguf");
  folder_.write("home/.lmstudio-home-pointer", folder_.path("elsewhere") + "\n");
  EXPECT_EQ(find_model("org/tiny"), other);
  bool listed = false;
  for (const KnownModel& model : list_models()) {
    if (model.name != "org/tiny") continue;
    listed = true;
    EXPECT_EQ(model.source, "lmstudio");
    EXPECT_EQ(model.path, other);
    EXPECT_EQ(model.family, "llama");
  }
  EXPECT_TRUE(listed);
  EXPECT_THAT(error_of("org/none", ErrorCode::kNotFound), HasSubstr("elsewhere/models"));
  EXPECT_THAT(error_of("../org/tiny", ErrorCode::kNotFound), HasSubstr("no model"));
}

TEST_F(GgufNames, AFileAndAFolderWithOne) {
  EXPECT_EQ(find_model(kLlama), kLlama);
  const std::string file = add("one/m.gguf");
  EXPECT_EQ(find_model(folder_.path("one")), file);
  add("one/mmproj-m.gguf");
  EXPECT_EQ(find_model(folder_.path("one")), file);
  // A checkpoint beside it is what the folder is.
  add("both/m.gguf");
  for (const char* part : {"config.json", "model.safetensors"}) {
    add(std::string("both/") + part, kBert + "/" + part);
  }
  EXPECT_EQ(find_model(folder_.path("both")), folder_.path("both"));
  EXPECT_THAT(error_of(kBert + "/vocab.txt", ErrorCode::kBadInput), HasSubstr(".gguf"));
}

TEST_F(GgufNames, SeveralInOnePlaceAreListed) {
  add("two/a.Q8_0.gguf");
  add("two/b-00001-of-00002.gguf");
  add("two/b-00002-of-00002.gguf");
  EXPECT_THAT(error_of(folder_.path("two"), ErrorCode::kUsage),
              AllOf(HasSubstr("a.Q8_0.gguf, b-00001-of-00002.gguf;"),
                    HasSubstr("-m " + folder_.path("two") + "/a.Q8_0.gguf")));
}

TEST_F(GgufNames, InTheHuggingFaceCache) {
  const std::string snapshot = "hub/models--someone--tiny-GGUF/snapshots/abc";
  folder_.write("hub/models--someone--tiny-GGUF/refs/main", "abc");
  const std::string first = add(snapshot + "/tiny.Q4_K_M.gguf");
  EXPECT_EQ(find_model("someone/tiny-GGUF"), first);
  EXPECT_EQ(find_model("someone/tiny-GGUF@abc"), first);
  EXPECT_EQ(find_model("someone/tiny-GGUF@main"), first);
  const std::string second = add(snapshot + "/tiny.Q8_0.gguf");
  EXPECT_THAT(error_of("someone/tiny-GGUF", ErrorCode::kUsage),
              HasSubstr("-m someone/tiny-GGUF:tiny.Q4_K_M.gguf"));
  EXPECT_EQ(find_model("someone/tiny-GGUF:tiny.Q8_0.gguf"), second);
  EXPECT_THAT(error_of("someone/tiny-GGUF:tiny.F16.gguf", ErrorCode::kNotFound),
              HasSubstr("one of tiny.Q4_K_M.gguf, tiny.Q8_0.gguf"));
  for (const char* name : {"someone/tiny-GGUF:../tiny.gguf", "someone/tiny-GGUF@../abc",
                           "someone/none:x.gguf", "someone/tiny-GGUF@none"}) {
    EXPECT_THAT(error_of(name, ErrorCode::kNotFound), HasSubstr("no ")) << name;
  }
}

TEST_F(GgufNames, InOllamasFolders) {
  const auto manifest = [&](const std::string& digest) {
    return R"({"layers": [{"mediaType": "application/vnd.ollama.image.template", "digest": "x"},
               {"mediaType": "application/vnd.ollama.image.model", "digest": ")" +
           digest + R"("}]})";
  };
  const std::string blob = add("ollama/blobs/sha256-0123abcd");
  const std::string library = "ollama/manifests/registry.ollama.ai/library/";
  folder_.write(library + "tiny/latest", manifest("sha256:0123abcd"));
  folder_.write(library + "tiny/gone", manifest("sha256:dead"));
  folder_.write(library + "tiny/outside", manifest("sha256:../../secret"));
  folder_.write(library + "tiny/damaged", "{");
  folder_.write("ollama/manifests/hf.co/someone/tiny/Q8_0", manifest("sha256:0123abcd"));
  EXPECT_EQ(find_model("ollama:tiny"), blob);
  EXPECT_EQ(find_model("ollama:tiny:latest"), blob);
  EXPECT_EQ(find_model("ollama:hf.co/someone/tiny:Q8_0"), blob);
  EXPECT_THAT(error_of("ollama:tiny:gone", ErrorCode::kBadInput), HasSubstr("ollama pull"));
  EXPECT_THAT(error_of("ollama:tiny:outside", ErrorCode::kBadInput), HasSubstr("sha256:"));
  EXPECT_THAT(error_of("ollama:tiny:damaged", ErrorCode::kBadInput), HasSubstr("damaged"));
  EXPECT_THAT(error_of("ollama:other", ErrorCode::kNotFound),
              AllOf(HasSubstr("ollama:tiny:latest"), HasSubstr("ollama pull other")));
  EXPECT_THAT(error_of("ollama:../../etc", ErrorCode::kNotFound), HasSubstr("no name"));
  EXPECT_THAT(ollama_names(),
              ElementsAre("ollama:hf.co/someone/tiny:Q8_0", "ollama:tiny:damaged",
                          "ollama:tiny:gone", "ollama:tiny:latest", "ollama:tiny:outside"));
}

TEST_F(GgufNames, TheListDescribesWhatIsThere) {
  folder_.write("hub/models--someone--tiny/refs/main", "abc");
  add("hub/models--someone--tiny/snapshots/abc/tiny.gguf");
  add("cache/models/broken/broken.gguf", source_dir() + "/tests/golden/gguf/bad/heads-zero.gguf");
  for (const char* part : {"config.json", "model.safetensors"}) {
    add(std::string("cache/models/own/") + part, kBert + "/" + part);
  }
  std::map<std::string, KnownModel> listed;
  for (KnownModel& model : list_models()) listed[model.name] = model;
  const KnownModel& tiny = listed.at("someone/tiny");
  EXPECT_EQ(tiny.source, "hub");
  EXPECT_EQ(tiny.kind, "gguf");
  EXPECT_EQ(tiny.family, "llama");
  EXPECT_EQ(tiny.layers, 2);
  EXPECT_EQ(tiny.heads, 2);
  EXPECT_EQ(tiny.bytes, static_cast<int64_t>(fs::file_size(kLlama)));
  EXPECT_EQ(tiny.problem, "");
  EXPECT_EQ(find_model(tiny.name), tiny.path);
  EXPECT_THAT(listed.at("broken").problem, HasSubstr("llama.attention.head_count"));
  EXPECT_EQ(listed.at("own").kind, "safetensors");
  EXPECT_EQ(listed.at("own").family, "bert");
  EXPECT_EQ(listed.at("own").layers, 3);
  EXPECT_EQ(listed.at("own").heads, 4);
  EXPECT_EQ(listed.at("smollm2-135m-instruct").source, "known");
  EXPECT_FALSE(listed.at("smollm2-135m-instruct").cached);
}

TEST(ModelSource, SaysInWhatFilesTheWeightsAre) {
  struct Row {
    const char* path;
    const char* kind;
    const char* quantisation;
  };
  for (const Row& row : {Row{"golden/gguf/models/llama-q8_0/model.gguf", "gguf", "Q8_0"},
                         {"golden/gguf/models/llama-f16/model.gguf", "gguf", ""},
                         {"golden/tiny/bert-mlm", "safetensors", ""},
                         {"golden/tiny/bert-sharded", "safetensors", ""},
                         {"golden/tiny/bert-bin", "pytorch", ""},
                         {"data/tensorflow/saved_model", "tensorflow", ""}}) {
    const ModelSource source(source_dir() + "/tests/" + row.path);
    EXPECT_EQ(source.kind(), row.kind) << row.path;
    EXPECT_EQ(source.quantisation(), row.quantisation) << row.path;
  }
}

}  // namespace
}  // namespace headscope
