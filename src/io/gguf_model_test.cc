#include "io/gguf_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "headscope/error.h"
#include "io/stores.h"
#include "test_paths.h"

namespace headscope {
namespace {

const std::string kModels = source_dir() + "/tests/golden/gguf/models/";
const std::string kTiny = source_dir() + "/tests/golden/tiny/";
const std::string kData = source_dir() + "/tests/data/gguf/";

// tests/data/gguf/NAME.gguf was written from the checkpoint tests/golden/tiny/NAME by gguf-py, rows
// reordered and norms shifted as llama.cpp's converter does: what comes back is the checkpoint.
TEST(GgufModel, GivesBackTheCheckpointItCameFrom) {
  for (const char* name : {"gemma2", "mistral", "phi3"}) {
    const GgufModel model = open_gguf(kData + std::string(name) + ".gguf");
    const auto expected = open_safetensors(kTiny + name);
    EXPECT_EQ(model.weights->names(), expected->names()) << name;
    for (const std::string& tensor : expected->names()) {
      ASSERT_NE(model.weights->shape(tensor), nullptr) << tensor;
      EXPECT_EQ(*model.weights->shape(tensor), *expected->shape(tensor)) << tensor;
      const float* got = model.weights->data(tensor);
      const float* want = expected->data(tensor);
      const auto count = static_cast<size_t>(expected->float_bytes(tensor)) / sizeof(float);
      float worst = 0;
      for (size_t i = 0; i < count; ++i) worst = std::max(worst, std::abs(got[i] - want[i]));
      // 1 + w was rounded in Gemma's file: half a unit in the last place of numbers up to 2.
      const bool shifted = std::string(name) == "gemma2" && tensor.find("norm") != tensor.npos;
      EXPECT_LE(worst, shifted ? 0x1p-24F : 0.0F) << name << " " << tensor;
    }
    EXPECT_EQ(model.quantisation, "F32");
    EXPECT_EQ(model.tokenizer, std::nullopt);
  }
}

// The configuration has what the checkpoint's config.json says, wherever both name a field that the
// numbers depend on.
TEST(GgufModel, GivesTheConfigurationOfTheCheckpoint) {
  for (const char* name : {"gemma2", "mistral", "phi3"}) {
    const Json config = open_gguf(kData + std::string(name) + ".gguf").config;
    const Json expected = parse_json_file(kTiny + name + "/config.json");
    for (const char* field : {"model_type",
                              "architectures",
                              "vocab_size",
                              "hidden_size",
                              "num_hidden_layers",
                              "num_attention_heads",
                              "num_key_value_heads",
                              "head_dim",
                              "intermediate_size",
                              "max_position_embeddings",
                              "rms_norm_eps",
                              "hidden_act",
                              "hidden_activation",
                              "attention_bias",
                              "mlp_bias",
                              "tie_word_embeddings",
                              "sliding_window",
                              "layer_types",
                              "rope_parameters",
                              "query_pre_attn_scalar",
                              "attn_logit_softcapping",
                              "final_logit_softcapping",
                              "original_max_position_embeddings"}) {
      if (!expected.contains(field)) continue;
      Json want = expected[field];
      if (want.is_object()) want.erase("partial_rotary_factor");  // 1, which needs no saying
      EXPECT_EQ(config.value(field, Json()), want) << name << " " << field;
    }
  }
}

struct Expected {
  const char* folder;
  const char* model_type;
  const char* quantisation;
  const char* tensor;  // one of its names at Hugging Face, with the shape it has there
  std::vector<int64_t> shape;
};
const std::vector<Expected> kExpected = {
    {"bert-f16", "bert", "F16", "encoder.layer.2.intermediate.dense.weight", {96, 48}},
    {"gemma3-f16", "gemma3_text", "F16", "model.layers.5.self_attn.q_norm.weight", {16}},
    {"gpt2-f16", "gpt2", "F16", "transformer.h.2.attn.c_attn.weight", {48, 144}},
    {"llama-f16", "llama", "F16", "model.layers.1.self_attn.k_proj.weight", {32, 64}},
    {"llama-q8_0", "llama", "Q8_0", "model.layers.1.self_attn.k_proj.weight", {16, 32}},
    {"qwen2-f16", "qwen2", "F16", "model.layers.1.self_attn.k_proj.bias", {16}},
    {"qwen3-f16", "qwen3", "F16", "model.layers.0.self_attn.o_proj.weight", {48, 64}},
};

// Against the golden's own list of tensors and of metadata.
TEST(GgufModel, ReadsEveryGoldenModel) {
  for (const Expected& row : kExpected) {
    const std::string folder = kModels + row.folder;
    const Json golden = parse_json_file(folder + "/goldens.json");
    const GgufModel model = open_gguf(folder + "/model.gguf");
    EXPECT_EQ(model.weights->names().size(), golden.at("tensors").size()) << row.folder;
    for (const std::string& name : model.weights->names()) {
      const float* data = model.weights->data(name);
      const float before = data[0];
      model.weights->drop_pages(name);
      EXPECT_EQ(model.weights->data(name)[0], before) << name;
    }
    EXPECT_EQ(model.config.at("model_type"), row.model_type) << row.folder;
    EXPECT_EQ(model.quantisation, row.quantisation) << row.folder;
    ASSERT_NE(model.weights->shape(row.tensor), nullptr) << row.folder;
    EXPECT_EQ(*model.weights->shape(row.tensor), row.shape) << row.folder;
    const Json& metadata = golden.at("metadata");
    EXPECT_EQ(model.name, metadata.at("general.name").get<std::string>()) << row.folder;
    if (model.config.contains("tie_word_embeddings")) {
      EXPECT_EQ(model.config["tie_word_embeddings"], golden.at("tied")) << row.folder;
    }
    ASSERT_TRUE(model.tokenizer.has_value()) << row.folder;
    EXPECT_EQ(model.tokenizer->model, metadata.at("tokenizer.ggml.model").get<std::string>())
        << row.folder;
    EXPECT_EQ(model.tokenizer->pre, metadata.at("tokenizer.ggml.pre").get<std::string>());
    EXPECT_EQ(model.tokenizer->add_bos, metadata.at("tokenizer.ggml.add_bos_token").get<bool>());
    EXPECT_EQ("array of " + std::to_string(model.tokenizer->tokens.size()),
              metadata.at("tokenizer.ggml.tokens").get<std::string>());
    EXPECT_EQ(model.tokenizer->types.size(), model.tokenizer->tokens.size());
    EXPECT_EQ("array of " + std::to_string(model.tokenizer->merges.size()),
              metadata.value("tokenizer.ggml.merges", "array of 0"));
    EXPECT_EQ("array of " + std::to_string(model.tokenizer->scores.size()),
              metadata.value("tokenizer.ggml.scores", "array of 0"));
  }
}

// tests/golden/gguf/bad/cases.json, nan-weights: the file's own name of the tensor is told.
TEST(GgufModel, RefusesWeightsThatAreNoNumbers) {
  const GgufModel model = open_gguf(source_dir() + "/tests/golden/gguf/bad/nan-weights.gguf");
  try {
    model.weights->data("model.layers.0.self_attn.q_proj.weight");
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("nan-weights.gguf"),
                                             testing::HasSubstr("blk.0.attn_q.weight is NaN at "
                                                                "[1, 1]")));
  }
  EXPECT_NO_THROW(model.weights->data("model.layers.0.self_attn.k_proj.weight"));
}

TEST(GgufModel, SaysWhatArchitectureItIs) {
  try {
    open_gguf(source_dir() + "/tests/golden/gguf/types/F32.gguf");
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("headscope-types"),
                                             testing::HasSubstr("bert, gemma2, gemma3, gpt2")));
  }
  EXPECT_THROW(open_gguf("/no/such/file.gguf"), Error);
}

}  // namespace
}  // namespace headscope
