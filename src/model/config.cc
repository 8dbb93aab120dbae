#include "model/config.h"

#include <cmath>

#include "headscope/error.h"

namespace headscope {

namespace {

// Far above any model, far below what could overflow.
constexpr int64_t kMost = int64_t{1} << 24;

struct ActivationName {
  const char* name;
  Activation activation;
};
// The names of transformers' ACT2FN.
constexpr ActivationName kActivations[] = {
    {"gelu", Activation::kGelu},          {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},  {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh}, {"relu", Activation::kRelu},
};

[[noreturn]] void refuse(const ModelConfigFile& file, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, file.source + ": " + got, expected,
              "headscope cannot run this architecture", "HS-MODEL-02");
}

Activation read_activation(const ModelConfigFile& file) {
  const std::string name = string_field(file.config, "hidden_act", file.source, "gelu");
  std::string known;
  for (const auto& [its_name, activation] : kActivations) {
    if (name == its_name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(its_name);
  }
  refuse(file, "hidden_act is \"" + name + "\"", "one of " + known);
}

void check_architecture(const ModelConfigFile& file) {
  // Google's own configuration and the oldest of transformers' name no type.
  const std::string type = string_field(file.config, "model_type", file.source, "bert");
  if (type != "bert") refuse(file, "model_type is \"" + type + "\"", "\"bert\"");
  const std::string positions =
      string_field(file.config, "position_embedding_type", file.source, "absolute");
  if (positions != "absolute") {
    refuse(file, "position_embedding_type is \"" + positions + "\"", "\"absolute\"");
  }
  for (const char* flag : {"is_decoder", "add_cross_attention"}) {
    if (bool_field(file.config, flag, file.source, false)) {
      refuse(file, std::string(flag) + " is true", "false: an encoder");
    }
  }
}

}  // namespace

float BlockConfig::scale() const {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_width())));
}

ModelConfig read_bert_config(const ModelConfigFile& file) {
  if (!file.config.is_object()) refuse(file, "not a JSON object", "BERT's configuration");
  check_architecture(file);
  const auto size = [&](const char* key, int64_t most = kMost) {
    return int_field(file.config, key, file.source, 1, most);
  };
  ModelConfig config;
  config.family = "bert";
  config.block.width = size("hidden_size");
  config.block.heads = size("num_attention_heads");
  config.block.inner = size("intermediate_size");
  config.layers = size("num_hidden_layers", 10'000);
  config.vocab = size("vocab_size");
  config.positions = size("max_position_embeddings");
  config.segments = int_field(file.config, "type_vocab_size", file.source, 1, kMost, 2);
  config.block.activation = read_activation(file);
  const double eps = number_field(file.config, "layer_norm_eps", file.source, 1e-12);
  if (!(eps >= 0 && eps < 1)) {
    throw Error(ErrorCode::kBadInput, file.source + ": layer_norm_eps is " + std::to_string(eps),
                "a number of at least 0 and below 1");
  }
  config.block.norm_eps = static_cast<float>(eps);
  if (config.block.width % config.block.heads != 0) {
    throw Error(ErrorCode::kBadInput,
                file.source + ": num_attention_heads " + std::to_string(config.block.heads) +
                    " does not divide hidden_size " + std::to_string(config.block.width),
                "heads of equal width");
  }
  return config;
}

}  // namespace headscope
