// What a model's file holds and headscope does not use is told once: heads for other tasks, weights
// without a place, a prefix that no family has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/generation.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/test_folder.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// tests/golden/tiny/bert-noprefix, an encoder saved alone, with its tensors called otherwise.
class Renamed {
 public:
  explicit Renamed(const std::vector<std::string>& prefixes,
                   const std::map<std::string, std::vector<int64_t>>& more = {}) {
    const std::string from = golden_path("tiny/bert-noprefix");
    std::filesystem::copy(from + "/config.json", folder_.path("config.json"));
    const std::string bytes = read_file(from + "/model.safetensors");
    const SafetensorsView view(std::as_bytes(std::span(bytes)), from);
    std::vector<TensorToWrite> tensors;
    for (const std::string& prefix : prefixes) {
      for (const TensorEntry& entry : view.tensors()) {
        tensors.push_back({prefix + entry.name, entry.dtype, entry.shape, entry.data});
      }
    }
    const std::vector<float> zeros(10'000);
    for (const auto& [name, shape] : more) {
      tensors.push_back({name, DType::kF32, shape, zeros.data()});
    }
    write_safetensors_file(folder_.path("model.safetensors"), tensors);
  }

  std::unique_ptr<Model> open() const {
    return open_model(folder_.path(), {.name = "", .fingerprint = false});
  }

 private:
  TestFolder folder_;
};

TEST(Notes, AreNoneWhereAllIsUsed) {
  for (const char* folder :
       {"tiny/bert-mlm", "tiny/bert-noprefix", "tiny/bert-pretraining", "tiny/gpt2", "tiny/llama",
        "tiny/bert-bin-oldformat", "gguf/models/llama-f16/model.gguf",
        "gguf/models/bert-f16/model.gguf"}) {
    EXPECT_THAT(open_model(golden_path(folder), {.name = "", .fingerprint = false})->notes(),
                IsEmpty())
        << folder;
  }
}

TEST(Notes, NameHeadsForOtherTasks) {
  const auto electra = open_model(golden_path("tiny/electra"), {.name = "", .fingerprint = false});
  EXPECT_THAT(electra->notes(), ElementsAre(AllOf(HasSubstr("a head for another task"),
                                                  HasSubstr("discriminator_predictions"))));
  const Renamed answers({""}, {{"qa_outputs.weight", {2, 36}}, {"qa_outputs.bias", {2}}});
  EXPECT_THAT(answers.open()->notes(), ElementsAre(HasSubstr("which is not used: qa_outputs")));
}

TEST(Notes, NameWeightsWithoutAPlace) {
  const Renamed more({""}, {{"encoder.layer.0.attention.gate.weight", {36, 36}}});
  EXPECT_THAT(more.open()->notes(),
              ElementsAre(AllOf(HasSubstr("has no place for"),
                                HasSubstr("encoder.layer.0.attention.gate"))));
}

TEST(Notes, NameAPrefixThatWasFound) {
  const Renamed inside({"student.bert."});
  const auto model = inside.open();
  EXPECT_THAT(model->notes(), ElementsAre(HasSubstr("those behind \"student.bert.\"")));
  const auto plain =
      open_model(golden_path("tiny/bert-noprefix"), {.name = "", .fingerprint = false});
  const std::vector<int32_t> ids = {5, 6, 7, 8};
  const TokenSequence text = plain->sequence(ids);
  std::vector<float> a(16), b(16);
  model->runner().trace({&text, 1})[0]->weights({0, {1, 0}}, {0, 4}, {0, 4}, a.data());
  plain->runner().trace({&text, 1})[0]->weights({0, {1, 0}}, {0, 4}, {0, 4}, b.data());
  EXPECT_EQ(a, b);
}

TEST(Notes, SeveralModelsInOneFileAreNotGuessed) {
  const Renamed twins({"question.", "context."});
  try {
    twins.open();
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.got(), HasSubstr("several models, behind context., question."));
  }
}

// Notes of a generation by tiny/gpt2 with this generation_config.json, or with these fields in
// config.json where there is none.
std::vector<std::string> generation_notes(const std::string& settings,
                                          const std::string& old = "") {
  const TestFolder folder;
  const std::string from = golden_path("tiny/gpt2");
  std::filesystem::copy(from + "/model.safetensors", folder.path("model.safetensors"));
  Json config = parse_json(read_file(from + "/config.json"), from);
  if (!old.empty()) config.update(parse_json(old, "old"));
  folder.write("config.json", config.dump());
  if (!settings.empty()) folder.write("generation_config.json", settings);
  const auto model = open_model(folder.path(), {.name = "", .fingerprint = false});
  EXPECT_THAT(model->notes(), IsEmpty()) << "they are told where a text is generated";
  GenerationOptions options;
  options.tokens = 2;
  return model->generator()
      ->generate(model->sequence(std::vector<int32_t>{40, 309}), options)
      .notes;
}

// What Transformers 5.24 makes a logits processor of, or another search, with do_sample=False.
TEST(GenerationNotes, NameSettingsThatChangeGreedySearch) {
  EXPECT_THAT(generation_notes(""), IsEmpty());
  EXPECT_THAT(generation_notes(R"({"eos_token_id": [1, 2], "temperature": 0.2, "do_sample": true,
      "top_k": 5, "num_beams": 1, "repetition_penalty": 1.0, "min_length": 0, "bad_words_ids": null,
      "suppress_tokens": [], "use_cache": true})"),
              IsEmpty());
  EXPECT_THAT(generation_notes(R"({"repetition_penalty": 1.1, "num_beams": 4})"),
              ElementsAre(AllOf(HasSubstr("leaves out"),
                                HasSubstr("num_beams 4, repetition_penalty 1.1"))));
  for (const char* setting :
       {R"("no_repeat_ngram_size": 3)", R"("encoder_no_repeat_ngram_size": 2)",
        R"("forced_bos_token_id": 0)", R"("forced_eos_token_id": 2)", R"("min_length": 4)",
        R"("min_new_tokens": 1)", R"("suppress_tokens": [5])", R"("begin_suppress_tokens": [5, 6])",
        R"("bad_words_ids": [[700]])", R"("guidance_scale": 1.5)"}) {
    const std::string name = std::string(setting).substr(1, std::string(setting).find('"', 1) - 1);
    EXPECT_THAT(generation_notes("{" + std::string(setting) + "}"), ElementsAre(HasSubstr(name)));
  }
}

TEST(GenerationNotes, ReadTheConfigurationOfOlderModels) {
  const std::string old = R"({"no_repeat_ngram_size": 3})";
  EXPECT_THAT(generation_notes("", old), ElementsAre(HasSubstr("no_repeat_ngram_size 3")));
  EXPECT_THAT(generation_notes("{}", old), IsEmpty()) << "the newer file counts";
}

}  // namespace
}  // namespace headscope
