// DeBERTa v2 and v3 (He et al. 2021): BERT whose attention adds what queries and keys make of
// embeddings of their distance.
#include <algorithm>
#include <cmath>

#include "format/json.h"
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

// "c2p|p2c" in older files, a list in newer ones.
std::vector<std::string> position_terms(const ConfigReader& config) {
  const Json* found = config.find({"pos_att_type"});
  if (!found) return {};
  if (found->is_array()) return strings_field(config.json(), "pos_att_type", config.source());
  std::vector<std::string> terms;
  std::string text = config.text({"pos_att_type"});
  std::replace(text.begin(), text.end(), '|', ' ');
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) terms.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return terms;
}

void read_distances(const ConfigReader& config, ModelSpec& spec) {
  DisentangledSpec& table = spec.disentangled;
  for (const std::string& term : position_terms(config)) {
    if (term == "c2p") {
      table.content_to_position = true;
    } else if (term == "p2c") {
      table.position_to_content = true;
    } else {
      config.refuse("pos_att_type holds \"" + term + "\"", "\"c2p\" and \"p2c\"");
    }
  }
  const int64_t most = config.find({"max_relative_positions"})
                           ? int_field(config.json(), "max_relative_positions", config.source(), -1,
                                       ConfigReader::kMost)
                           : -1;
  table.most_distance = most < 1 ? spec.positions : most;
  const int64_t buckets =
      config.find({"position_buckets"})
          ? int_field(config.json(), "position_buckets", config.source(), -1, ConfigReader::kMost)
          : -1;
  table.buckets = std::max<int64_t>(buckets, 0);
  if (table.buckets == 1 || (table.buckets > 0 && table.most_distance <= table.buckets / 2 + 1)) {
    config.refuse("position_buckets is " + std::to_string(buckets) + " for distances up to " +
                      std::to_string(table.most_distance),
                  "at least 2, and distances beyond half of it");
  }
  table.span = table.buckets > 0 ? table.buckets : table.most_distance;
  table.shared = config.flag({"share_att_key"}, false);
  const std::string norm = config.text({"norm_rel_ebd"}, "none");
  table.norm = norm.find("layer_norm") != std::string::npos;
}

ModelSpec read_deberta(const ConfigReader& config) {
  ModelSpec spec;
  spec.family = "deberta-v2";
  spec.width = config.size({"hidden_size"});
  spec.positions = config.size({"max_position_embeddings"});
  if (config.find({"conv_kernel_size"}) && config.number({"conv_kernel_size"}) > 0) {
    config.refuse("conv_kernel_size is above 0", "no convolution behind the first layer");
  }
  if (!config.flag({"relative_attention"}, false)) {
    config.refuse("relative_attention is false", "true");
  }
  BlockSpec block;
  block.norm.eps = config.eps({"layer_norm_eps"}, 1e-7);
  block.feed_forward.inner = config.size({"intermediate_size"});
  block.feed_forward.activation = config.activation({"hidden_act"}, "gelu");
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({"num_attention_heads"});
  attention.head_dim = attention.value_dim =
      config.even_heads(spec.width, attention.heads, "hidden_size", "num_attention_heads");
  read_distances(config, spec);
  const int terms =
      1 + spec.disentangled.content_to_position + spec.disentangled.position_to_content;
  attention.rule.scale = static_cast<float>(
      1.0 / std::sqrt(static_cast<double>(attention.head_dim) * static_cast<double>(terms)));
  attention.add_bias(PositionBias::kDisentangled);
  const int64_t layers = config.size({"num_hidden_layers"}, {}, kMostLayers);
  repeat_block(block, layers, spec);
  EmbeddingSpec& embedding = spec.embedding;
  embedding.vocab = config.size({"vocab_size"});
  embedding.width = config.size({"embedding_size"}, spec.width);
  embedding.projection = embedding.width != spec.width;
  embedding.position_rows = config.flag({"position_biased_input"}, true) ? spec.positions : 0;
  embedding.segments =
      int_field(config.json(), "type_vocab_size", config.source(), 0, ConfigReader::kMost, 0);
  embedding.norm = block.norm;
  if (embedding.projection) {
    config.refuse("embedding_size is not hidden_size", "embeddings of the model's width");
  }
  read_masked_head(config, block, spec);
  return spec;
}

constexpr std::string_view kTypes[] = {"deberta-v2"sv};
constexpr std::string_view kPrefixes[] = {"deberta."sv, ""sv};
constexpr Row kRows[] = {
    {Role::kWords, "embeddings.word_embeddings"},
    {Role::kPositions, "embeddings.position_embeddings"},
    {Role::kSegments, "embeddings.token_type_embeddings"},
    {Role::kEmbeddingNorm, "embeddings.LayerNorm"},
    {Role::kRelativeTable, "encoder.rel_embeddings"},
    {Role::kRelativeNorm, "encoder.LayerNorm"},
    {Role::kQuery, "encoder.layer.{}.attention.self.query_proj"},
    {Role::kKey, "encoder.layer.{}.attention.self.key_proj"},
    {Role::kValue, "encoder.layer.{}.attention.self.value_proj"},
    {Role::kPositionQuery, "encoder.layer.{}.attention.self.pos_query_proj"},
    {Role::kPositionKey, "encoder.layer.{}.attention.self.pos_key_proj"},
    {Role::kAttentionOutput, "encoder.layer.{}.attention.output.dense"},
    {Role::kAttentionNorm, "encoder.layer.{}.attention.output.LayerNorm"},
    {Role::kUp, "encoder.layer.{}.intermediate.dense"},
    {Role::kDown, "encoder.layer.{}.output.dense"},
    {Role::kFeedForwardNorm, "encoder.layer.{}.output.LayerNorm"},
    {Role::kHeadTransform, "cls.predictions.transform.dense"},
    {Role::kHeadNorm, "cls.predictions.transform.LayerNorm"},
    {Role::kHeadBias, "cls.predictions.decoder.bias"},
    {Role::kHeadBias, "cls.predictions.bias"},
    {Role::kDecoder, "cls.predictions.decoder"},
};

}  // namespace

const Family kDeberta{"deberta-v2", kTypes, kPrefixes, kRows, read_deberta};

}  // namespace headscope
