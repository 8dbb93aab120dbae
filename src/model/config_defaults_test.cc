// What a configuration means that leaves a field out, has it twice, or says null. Expected: the
// configuration classes and modeling_rope_utils.py of transformers 5.24.
#include <gtest/gtest.h>

#include <cmath>

#include "format/json.h"
#include "headscope/error.h"
#include "io/model_files.h"
#include "model/family.h"
#include "test_paths.h"

namespace headscope {
namespace {

Json golden(const std::string& folder) {
  return parse_json_file(source_dir() + "/tests/golden/tiny/" + folder + "/config.json");
}

ModelSpec read(const Json& json) {
  const ModelConfigFile file{json, "folder/config.json"};
  const ConfigReader config(file);
  return family_of(config).read(config);
}

ModelSpec without(const std::string& folder, std::initializer_list<const char*> fields) {
  Json json = golden(folder);
  for (const char* field : fields) json.erase(field);
  return read(json);
}

std::string refusal(const Json& json) {
  try {
    read(json);
    return "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
}

TEST(ConfigDefaults, AreThoseOfTheClass) {
  EXPECT_EQ(without("albert", {"hidden_act"}).block(0).feed_forward.activation,
            Activation::kGeluTanh);
  EXPECT_EQ(without("roberta", {"hidden_act"}).block(0).feed_forward.activation, Activation::kGelu);
  EXPECT_FLOAT_EQ(without("phi3", {"rms_norm_eps"}).block(0).norm.eps, 1e-5f);
  EXPECT_FLOAT_EQ(without("gpt_oss", {"rms_norm_eps"}).block(0).norm.eps, 1e-5f);
  EXPECT_FLOAT_EQ(without("llama", {"rms_norm_eps"}).block(0).norm.eps, 1e-6f);
  Json mt5 = golden("t5");
  mt5["model_type"] = "mt5";
  for (const char* field : {"feed_forward_proj", "dense_act_fn", "is_gated_act"}) mt5.erase(field);
  EXPECT_TRUE(read(mt5).block(0).feed_forward.gated);
  EXPECT_EQ(read(mt5).block(0).feed_forward.activation, Activation::kGeluTanh);
  EXPECT_FALSE(without("t5", {"feed_forward_proj", "is_gated_act"}).block(0).feed_forward.gated);
}

// RobertaLMHead, MPNetLMHead and ElectraGeneratorPredictions call gelu by name; BERT's and
// DistilBERT's heads have the blocks' activation.
TEST(ConfigDefaults, ActivationsOfHeads) {
  for (const char* folder : {"roberta", "xlm-roberta", "mpnet", "electra"}) {
    Json json = golden(folder);
    json["hidden_act"] = "relu";
    EXPECT_EQ(read(json).block(0).feed_forward.activation, Activation::kRelu) << folder;
    EXPECT_EQ(read(json).vocabulary.activation, Activation::kGelu) << folder;
  }
  // DistilBERT reads neither field.
  Json distilled = golden("distilbert");
  distilled["hidden_act"] = "relu";
  distilled["layer_norm_eps"] = 0.1;
  EXPECT_EQ(read(distilled).block(0).feed_forward.activation, Activation::kGelu);
  EXPECT_FLOAT_EQ(read(distilled).block(0).norm.eps, 1e-12f);
  distilled["activation"] = "relu";
  EXPECT_EQ(read(distilled).block(0).feed_forward.activation, Activation::kRelu);
  Json bert = golden("bert-mlm");
  bert["hidden_act"] = "relu";
  EXPECT_EQ(read(bert).vocabulary.activation, Activation::kRelu);
}

// Fields that count over others, and one that does not count.
TEST(ConfigDefaults, FieldsOverOthers) {
  Json t5 = golden("t5");
  t5.erase("is_gated_act");
  t5["feed_forward_proj"] = "relu";
  t5["dense_act_fn"] = "silu";
  EXPECT_EQ(read(t5).block(0).feed_forward.activation, Activation::kSilu);
  EXPECT_FALSE(read(t5).block(0).feed_forward.gated);
  t5["is_gated_act"] = true;
  EXPECT_TRUE(read(t5).block(0).feed_forward.gated);
  Json modernbert = golden("modernbert");
  modernbert["local_attention"] = 6;
  modernbert["sliding_window"] = 2;
  int windows = 0;
  for (const BlockSpec& block : read(modernbert).blocks) {
    const MaskInfo& mask = block.attention.rule.mask;
    if (mask.kind != MaskKind::kWindow) continue;
    EXPECT_EQ(mask.left, 2);
    ++windows;
  }
  EXPECT_GT(windows, 0);
  Json mpnet = golden("mpnet");
  mpnet["pad_token_id"] = 0;
  EXPECT_EQ(read(mpnet).embedding.position_offset, 2);
  EXPECT_EQ(read(mpnet).embedding.uncounted_id, 1);
}

TEST(ConfigDefaults, NullIsNoneWhereTheClassHasANumber) {
  const ModelSpec said_nothing =
      without("gemma2", {"attn_logit_softcapping", "final_logit_softcapping", "sliding_window"});
  EXPECT_EQ(said_nothing.block(0).attention.rule.softcap, 50.0f);
  EXPECT_EQ(said_nothing.vocabulary.softcap, 30.0f);
  EXPECT_EQ(said_nothing.block(0).attention.rule.mask.left, 4095);
  Json null = golden("gemma2");
  null["attn_logit_softcapping"] = null["final_logit_softcapping"] = nullptr;
  EXPECT_EQ(read(null).block(0).attention.rule.softcap, std::nullopt);
  EXPECT_EQ(read(null).vocabulary.softcap, 0.0f);
  null["sliding_window"] = nullptr;
  EXPECT_NE(refusal(null).find("sliding_window is null"), std::string::npos) << refusal(null);
  Json third = golden("gemma3");
  third.erase("attn_logit_softcapping");
  EXPECT_EQ(read(third).block(0).attention.rule.softcap, std::nullopt);
  third["attn_logit_softcapping"] = 5.0;
  EXPECT_NE(refusal(third).find("does not apply it"), std::string::npos) << refusal(third);

  Json mistral = golden("mistral");
  mistral.erase("sliding_window");
  EXPECT_EQ(read(mistral).block(0).attention.rule.mask.kind, MaskKind::kWindow);
  EXPECT_EQ(read(mistral).block(0).attention.rule.mask.left, 4095);
  mistral["sliding_window"] = nullptr;
  EXPECT_EQ(read(mistral).block(0).attention.rule.mask.kind, MaskKind::kCausal);
  mistral["sliding_window"] = 4;
  mistral["layer_types"] =
      std::vector<std::string>(mistral["num_hidden_layers"].get<size_t>(), "full_attention");
  mistral["layer_types"][1] = "sliding_attention";  // AutoModel opens such a file as Ministral
  EXPECT_EQ(read(mistral).block(0).attention.rule.mask.kind, MaskKind::kCausal);
  EXPECT_EQ(read(mistral).block(1).attention.rule.mask.left, 3);
  EXPECT_EQ(without("gpt_oss", {"sliding_window"}).block(0).attention.rule.mask.left, 127);
}

Json llama() {
  Json json = golden("llama");
  for (const char* field : {"rope_parameters", "rope_scaling", "rope_theta"}) json.erase(field);
  return json;
}

RopeSpec rope_of(const Json& json) { return *read(json).block(0).attention.rope; }

TEST(ConfigDefaults, RopeOfTheClass) {
  EXPECT_EQ(rope_of(llama()).theta, 10000.0);
  Json smol = llama();
  smol["model_type"] = "smollm3";
  EXPECT_EQ(rope_of(smol).theta, 2e6);
  Json oss = golden("gpt_oss");
  for (const char* field : {"rope_parameters", "rope_scaling", "rope_theta"}) oss.erase(field);
  const RopeSpec yarn = rope_of(oss);
  EXPECT_EQ(yarn.theta, 150000.0);
  EXPECT_NEAR(yarn.factor, 0.1 * std::log(32.0) + 1, 1e-12);  // yarn, stretched 32 times
}

// SmolLM3's windows are on the layers without positions.
TEST(ConfigDefaults, SlidingLayersOfSmolLm3) {
  Json json = llama();
  json["model_type"] = "smollm3";
  json["no_rope_layers"] = std::vector<int>(json["num_hidden_layers"].get<size_t>(), 1);
  json["no_rope_layers"][1] = 0;
  json["use_sliding_window"] = true;
  json["sliding_window"] = 4;
  const ModelSpec spec = read(json);
  EXPECT_EQ(spec.block(0).attention.rule.mask.kind, MaskKind::kCausal);
  EXPECT_EQ(spec.block(1).attention.rule.mask.kind, MaskKind::kWindow);
  EXPECT_TRUE(spec.block(0).attention.rope.has_value());
  EXPECT_FALSE(spec.block(1).attention.rope.has_value());
}

TEST(RopeFields, RopeScalingCountsBesideRopeParameters) {
  Json json = llama();
  json["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500.0}};
  json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2.0}};
  EXPECT_EQ(rope_of(json).theta, 10000.0);
  EXPECT_EQ(rope_of(json).frequencies[0], 0.5);
  json["rope_scaling"] = Json::object();
  EXPECT_EQ(rope_of(json).theta, 500.0);
  // Kinds of layers: field by field, on the global ones.
  Json gemma = golden("gemma3");
  gemma["rope_parameters"] = {
      {"full_attention", {{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", 500.0}}},
      {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 50.0}}}};
  gemma["rope_scaling"] = {{"factor", 4.0}};
  for (const BlockSpec& block : read(gemma).blocks) {
    const bool slides = block.attention.rule.mask.kind == MaskKind::kWindow;
    EXPECT_EQ(block.attention.rope->theta, slides ? 50.0 : 500.0);
    EXPECT_EQ(block.attention.rope->frequencies[0], slides ? 1.0 : 0.25);
  }
}

TEST(RopeFields, OriginalPositions) {
  Json json = llama();
  json["max_position_embeddings"] = 64;
  const size_t pairs = read(json).block(0).attention.rope->frequencies.size();
  Json scaling = {{"rope_type", "longrope"},
                  {"short_factor", std::vector<double>(pairs, 1.0)},
                  {"long_factor", std::vector<double>(pairs, 2.0)},
                  {"original_max_position_embeddings", 16}};
  const auto factor = [](double stretch, double original) {
    return std::sqrt(1 + std::log(stretch) / std::log(original));
  };
  // Without a factor it is the share of the two lengths, wherever the original one stands.
  json["rope_scaling"] = scaling;
  EXPECT_EQ(rope_of(json).original, 16);
  EXPECT_NEAR(rope_of(json).factor, factor(4, 16), 1e-12);
  // A factor counts, and the original length of the whole file does.
  json["rope_scaling"]["factor"] = 3.0;
  json["original_max_position_embeddings"] = 32;
  EXPECT_EQ(rope_of(json).original, 32);
  EXPECT_NEAR(rope_of(json).factor, factor(3, 32), 1e-12);
  // Dynamic scaling begins behind the positions of the file.
  json["rope_scaling"] = {{"rope_type", "dynamic"}, {"factor", 2.0}};
  EXPECT_EQ(rope_of(json).original, 64);
  // Phi-3's class has 4096.
  Json phi = golden("phi3-longrope");
  phi.erase("original_max_position_embeddings");
  EXPECT_EQ(rope_of(phi).original, 4096);
}

TEST(RopeFields, ScalingOfPhi3) {
  Json json = golden("phi3-longrope");
  const char* field = json.contains("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const RopeSpec want = rope_of(json);
  json[field]["rope_type"] = json[field]["type"] = "yarn";
  EXPECT_EQ(rope_of(json), want);
  json[field] = {{"rope_type", "linear"}, {"factor", 2.0}};
  EXPECT_NE(refusal(json).find("default or longrope"), std::string::npos) << refusal(json);
}

TEST(RopeFields, PartOfAHeadIsTurnedWhereTheTypeDoesIt) {
  Json json = llama();
  json["partial_rotary_factor"] = 0.5;
  EXPECT_NE(refusal(json).find("turns 0.5"), std::string::npos) << refusal(json);
  json["partial_rotary_factor"] = 1.0;
  EXPECT_EQ(refusal(json), "read");
  // GPT-NeoX's field has a name of its own, beside which the common one does not count.
  Json neox = golden("gpt_neox");
  const int64_t dims = rope_of(neox).dims;
  neox.erase("rope_parameters");
  neox["rotary_pct"] = 0.25;
  neox["partial_rotary_factor"] = 1.0;
  EXPECT_EQ(rope_of(neox).dims, dims);
}

}  // namespace
}  // namespace headscope
