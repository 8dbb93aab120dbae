#include <gtest/gtest.h>

#include <cmath>

#include "headscope/error.h"
#include "model/family.h"

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

}  // namespace
}  // namespace headscope
