#include <gtest/gtest.h>

#include <cmath>

#include "format/json.h"
#include "headscope/error.h"
#include "io/model_files.h"
#include "model/family.h"
#include "model/position_bias.h"
#include "test_paths.h"

namespace headscope {
namespace {

Json bert() {
  return {{"model_type", "bert"},     {"hidden_size", 48},
          {"num_attention_heads", 4}, {"intermediate_size", 96},
          {"num_hidden_layers", 3},   {"vocab_size", 1400},
          {"hidden_act", "gelu"},     {"max_position_embeddings", 128}};
}

ModelSpec read_bert_config(const ModelConfigFile& file) {
  const ConfigReader config(file);
  return family_of(config).read(config);
}

TEST(BertConfig, ReadsSizes) {
  Json json = bert();
  json["layer_norm_eps"] = 1e-5;
  json["type_vocab_size"] = 1;
  json["hidden_act"] = "gelu_new";
  const ModelSpec spec = read_bert_config({json, "config.json"});
  EXPECT_EQ(spec.width, 48);
  EXPECT_EQ(spec.block(0).attention.head_dim, 12);
  EXPECT_FLOAT_EQ(spec.block(0).attention.rule.scale, 1 / std::sqrt(12.0f));
  EXPECT_EQ(spec.block(0).feed_forward.inner, 96);
  EXPECT_EQ(spec.layers(), 3);
  EXPECT_EQ(spec.embedding.vocab, 1400);
  EXPECT_EQ(spec.positions, 128);
  EXPECT_EQ(spec.embedding.segments, 1);
  EXPECT_EQ(spec.block(0).feed_forward.activation, Activation::kGeluTanh);
  EXPECT_FLOAT_EQ(spec.block(0).norm.eps, 1e-5f);
}

TEST(BertConfig, DefaultsAreThoseOfGooglesConfiguration) {
  Json json = bert();
  json.erase("model_type");
  const ModelSpec spec = read_bert_config({json, "bert_config.json"});
  EXPECT_EQ(spec.embedding.segments, 2);
  EXPECT_FLOAT_EQ(spec.block(0).norm.eps, 1e-12f);
}

struct BadConfig {
  const char* field;
  Json value;  // discarded: the field is taken out
  std::string id;
  std::string expected;  // beside file and field
};

TEST(BertConfig, RefusesByNameOfFileAndField) {
  const BadConfig cases[] = {
      {"hidden_size", Json(Json::value_t::discarded), "", ""},
      {"num_attention_heads", Json(Json::value_t::discarded), "", ""},
      {"num_hidden_layers", Json(Json::value_t::discarded), "", ""},
      {"intermediate_size", Json(Json::value_t::discarded), "", ""},
      {"vocab_size", Json(Json::value_t::discarded), "", ""},
      {"max_position_embeddings", Json(Json::value_t::discarded), "", ""},
      {"hidden_size", "48", "", "48"},
      {"hidden_size", 0, "", "0"},
      {"hidden_size", int64_t{1} << 40, "", "1099511627776"},
      {"num_hidden_layers", -1, "", "-1"},
      {"num_attention_heads", 5, "", "hidden_size 48"},
      {"layer_norm_eps", -1.0, "", "at least 0"},
      {"layer_norm_eps", "small", "", "small"},
      {"hidden_act", "mish", "HS-MODEL-02", "gelu_pytorch_tanh"},
      {"model_type", "zebra", "HS-MODEL-02", "zebra"},
      {"position_embedding_type", "rotary", "HS-MODEL-02", "absolute"},
      {"is_decoder", true, "HS-MODEL-02", "encoder"},
      {"add_cross_attention", true, "HS-MODEL-02", "encoder"},
  };
  for (const BadConfig& one : cases) {
    Json json = bert();
    one.value.is_discarded() ? void(json.erase(one.field)) : void(json[one.field] = one.value);
    try {
      read_bert_config({json, "folder/config.json"});
      ADD_FAILURE() << one.field << " was taken";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_EQ(error.id(), one.id) << message;
      for (const std::string& part :
           {std::string("folder/config.json"), std::string(one.field), one.expected}) {
        EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
      }
    }
  }
}

// Encoder–decoder models and pictures: what the golden configurations say once one field is other.
TEST(OtherConfigs, RefuseByNameOfFieldWhatIsNotRun) {
  struct Bad {
    const char *folder, *field;
    Json value;
    const char* expected;
  };
  const Bad cases[] = {
      {"t5", "d_kv", Json(Json::value_t::discarded), ""},
      {"t5", "feed_forward_proj", "gated-mish", "mish"},
      {"t5", "relative_attention_num_buckets", 30, "multiple of 4"},
      {"t5", "relative_attention_max_distance", 16, "more than half"},
      {"bart", "encoder_layers", 0, "0"},
      {"bart", "decoder_attention_heads", 5, "d_model 48"},
      {"bart", "normalize_before", true, "false"},
      {"marian", "share_encoder_decoder_embeddings", false, "vocabulary"},
      {"marian", "decoder_ffn_dim", Json(Json::value_t::discarded), ""},
      {"vit", "patch_size", 7, "tile"},
      {"vit", "image_size", {32, "x"}, "a side, or two"},
      {"vit", "num_attention_heads", 7, "hidden_size 48"},
  };
  for (const Bad& one : cases) {
    const std::string path = source_dir() + "/tests/golden/tiny/" + one.folder + "/config.json";
    Json json = parse_json_file(path);
    one.value.is_discarded() ? void(json.erase(one.field)) : void(json[one.field] = one.value);
    try {
      const ModelConfigFile file{json, "folder/config.json"};
      const ConfigReader config(file);
      const Family& family = family_of(config);
      family.read(config);
      if (family.decoder) family.decoder->read(config);
      ADD_FAILURE() << one.folder << " with another " << one.field << " was taken";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      for (const char* part : {"folder/config.json", one.field, one.expected}) {
        EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
      }
    }
  }
}

// Rows of the reference's table for T5's two kinds of buckets (32 buckets, 128 far;
// transformers 5.24, T5Attention._relative_position_bucket).
TEST(Buckets, OfBothDirectionsAndOfOne) {
  struct One {
    int64_t distance, both, back;
  };
  const One table[] = {{-200, 15, 31}, {-128, 15, 31}, {-100, 15, 30}, {-64, 14, 26}, {-33, 12, 21},
                       {-20, 10, 17},  {-17, 10, 16},  {-16, 10, 16},  {-15, 9, 15},  {-9, 8, 9},
                       {-8, 8, 8},     {-7, 7, 7},     {-1, 1, 1},     {0, 0, 0},     {1, 17, 0},
                       {7, 23, 0},     {8, 24, 0},     {12, 25, 0},    {16, 26, 0},   {40, 28, 0},
                       {127, 31, 0},   {128, 31, 0},   {500, 31, 0}};
  const BucketSpec both{32, 128, true}, back{32, 128, false};
  for (const One& one : table) {
    EXPECT_EQ(bucket_of(both, one.distance), one.both) << one.distance;
    EXPECT_EQ(bucket_of(back, one.distance), one.back) << one.distance;
  }
}

}  // namespace
}  // namespace headscope
