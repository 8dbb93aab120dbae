#include "io/model_files.h"

#include <filesystem>

#include "format/checked_shape.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/stores.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kHeadWidth = 64;

// The extents of tensor `name`, with or without the prefix "bert.".
std::vector<int64_t> shape_of(const WeightStore& weights, const std::string& name, size_t rank) {
  const std::vector<int64_t>* shape = weights.shape("bert." + name);
  if (!shape) shape = weights.shape(name);
  if (!shape || shape->size() != rank) {
    throw Error(ErrorCode::kBadInput,
                weights.source() + (shape ? ": " + name + " has shape " + shape_text(*shape)
                                          : " has no tensor " + name),
                "BERT's weights, whose shapes give the sizes", "", "HS-MODEL-01");
  }
  return *shape;
}

int64_t count_layers(const WeightStore& weights) {
  int64_t layers = 0;
  const auto has = [&](int64_t layer) {
    const std::string name =
        "encoder.layer." + std::to_string(layer) + ".attention.self.query.weight";
    return weights.shape("bert." + name) || weights.shape(name);
  };
  while (has(layers)) ++layers;
  return layers;
}

std::string architecture(const WeightStore& weights) {
  const bool masked = weights.shape("cls.predictions.bias") != nullptr;
  const bool next = weights.shape("cls.seq_relationship.weight") != nullptr;
  if (masked) return next ? "BertForPreTraining" : "BertForMaskedLM";
  return next ? "BertForNextSentencePrediction" : "BertModel";
}

// Every field of BERT's configuration. Fields that the shapes do not determine have the values of
// the published models.
Json config_from_shapes(const WeightStore& weights) {
  const auto words = shape_of(weights, "embeddings.word_embeddings.weight", 2);
  const auto positions = shape_of(weights, "embeddings.position_embeddings.weight", 2);
  const auto types = shape_of(weights, "embeddings.token_type_embeddings.weight", 2);
  const auto inner = shape_of(weights, "encoder.layer.0.intermediate.dense.weight", 2);
  return {{"architectures", {architecture(weights)}},
          {"attention_probs_dropout_prob", 0.1},
          {"hidden_act", "gelu"},
          {"hidden_dropout_prob", 0.1},
          {"hidden_size", words[1]},
          {"initializer_range", 0.02},
          {"intermediate_size", inner[0]},
          {"layer_norm_eps", 1e-12},
          {"max_position_embeddings", positions[0]},
          {"model_type", "bert"},
          {"num_attention_heads", words[1] / kHeadWidth},
          {"num_hidden_layers", count_layers(weights)},
          {"pad_token_id", 0},
          {"position_embedding_type", "absolute"},
          {"type_vocab_size", types[0]},
          {"vocab_size", words[0]}};
}

Json parse_object(const fs::path& path) {
  Json config = parse_json_file(path.string());
  if (!config.is_object()) {
    throw Error(ErrorCode::kBadInput, path.string() + " is " + describe(config), "a JSON object",
                "", "HS-MODEL-01");
  }
  return config;
}

}  // namespace

ModelConfigFile read_model_config(const std::string& directory, const WeightStore* weights) {
  if (is_gguf_file(directory)) return {open_gguf(directory).config, directory};
  const fs::path root(directory);
  if (fs::exists(root / "config.json")) {
    return {parse_object(root / "config.json"), (root / "config.json").string()};
  }
  const fs::path google = root / "bert_config.json";
  std::unique_ptr<WeightStore> opened;
  if (!weights) {
    opened = open_tensorflow(directory);
    weights = opened.get();
  }
  if (!weights) {
    throw Error(ErrorCode::kBadInput, (root / "config.json").string() + " is not there",
                "the config.json of a Hugging Face model", "", "HS-MODEL-01");
  }
  Json config = config_from_shapes(*weights);
  if (fs::exists(google)) {
    config.update(parse_object(google));
    return {config, google.string()};
  }
  if (config["hidden_size"].get<int64_t>() % kHeadWidth != 0) {
    throw Error(ErrorCode::kBadInput,
                weights->source() + " is " + std::to_string(config["hidden_size"].get<int64_t>()) +
                    " wide and no configuration tells its heads",
                "bert_config.json beside it, or a width that heads of 64 divide", "",
                "HS-MODEL-01");
  }
  return {config, weights->source()};
}

std::string vocabulary_path(const std::string& directory) {
  for (const char* name : {"vocab.txt", "assets/vocab.txt"}) {
    const fs::path path = fs::path(directory) / name;
    if (fs::is_regular_file(path)) return path.string();
  }
  throw Error(ErrorCode::kBadInput, directory + " has no vocab.txt",
              "a model directory: config.json, vocab.txt and model.safetensors", "", "HS-MODEL-01");
}

bool vocabulary_is_lower_case(const std::string& directory, std::string_view vocabulary) {
  const fs::path saved_model = fs::path(directory) / "assets" / "model.json";
  if (fs::exists(saved_model)) {
    const Json settings = parse_object(saved_model);
    const auto found = settings.find("doLowerCase");
    if (found != settings.end() && found->is_boolean()) return found->get<bool>();
  }
  return mostly_lower_case(vocabulary);
}

bool mostly_lower_case(std::string_view vocabulary) {
  // A few names in capitals do not make a vocabulary cased; special tokens ([MASK]) do not count.
  int64_t words = 0, capitals = 0;
  for (size_t begin = 0; begin < vocabulary.size();) {
    const char c = vocabulary[begin];
    words += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    capitals += c >= 'A' && c <= 'Z';
    const size_t end = vocabulary.find('\n', begin);
    if (end == std::string_view::npos) break;
    begin = end + 1;
  }
  constexpr int64_t kFew = 50;  // one in so many
  return capitals * kFew <= words;
}

}  // namespace headscope
