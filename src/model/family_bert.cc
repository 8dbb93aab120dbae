// BERT and the encoders that are BERT but for names, positions and embeddings: RoBERTa (with XLM-R
// and CamemBERT), DistilBERT, ELECTRA, MPNet, ALBERT.
#include <algorithm>

#include "format/json.h"
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

// The sizes and blocks that all of them have; attention without a mask.
ModelSpec read_encoder(const ConfigReader& config, const char* family,
                       const char* activation = "gelu") {
  for (const char* flag : {"is_decoder", "add_cross_attention"}) {
    config.refuse_flag(flag, "false: an encoder");
  }
  ModelSpec spec;
  spec.family = family;
  spec.width = config.size({"hidden_size", "dim"});
  BlockSpec block;
  block.attention.heads = config.size({"num_attention_heads", "n_heads"});
  block.feed_forward.inner = config.size({"intermediate_size", "hidden_dim"});
  const int64_t layers = config.size({"num_hidden_layers", "n_layers"}, {}, kMostLayers);
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.positions = config.size({"max_position_embeddings"});
  // DistilBERT has another name for its activation, and no field for its epsilon.
  const bool distilled = spec.family == "distilbert";
  block.feed_forward.activation =
      config.activation({distilled ? "activation" : "hidden_act"}, activation);
  block.norm.eps = distilled ? 1e-12f : config.eps({"layer_norm_eps"}, 1e-12);
  AttentionSpec& attention = block.attention;
  attention.kv_heads = attention.heads;
  share_width(config, spec.width, "hidden_size", "num_attention_heads", attention);
  spec.embedding.width = spec.width;
  spec.embedding.position_rows = spec.positions;
  spec.embedding.norm = block.norm;
  repeat_block(block, layers, spec);
  read_masked_head(config, block, spec);
  return spec;
}

void read_segments(const ConfigReader& config, int64_t fallback, ModelSpec& spec) {
  spec.embedding.segments = int_field(config.json(), "type_vocab_size", config.source(), 0,
                                      ConfigReader::kMost, fallback);
}

// Heads that were pruned, by layer: {"0": [1, 2]}.
void prune_heads(const ConfigReader& config, ModelSpec& spec) {
  const Json* pruned = config.find({"pruned_heads"});
  if (!pruned) return;
  if (!pruned->is_object()) config.refuse("pruned_heads is " + describe(*pruned), "an object");
  for (const auto& [layer, heads] : pruned->items()) {
    const bool number = !layer.empty() && layer.size() < 6 &&
                        layer.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoll(layer) >= spec.layers() || !heads.is_array()) {
      config.refuse("pruned_heads holds \"" + layer + "\": " + describe(heads),
                    "a layer's number and a list of its heads");
    }
    AttentionSpec& attention = spec.blocks[static_cast<size_t>(std::stoll(layer))].attention;
    std::vector<bool> out(static_cast<size_t>(attention.heads));
    for (const Json& head : heads) {
      if (!head.is_number_integer() || head < 0 || head >= std::ssize(out)) {
        config.refuse("pruned_heads of layer " + layer + " holds " + describe(head),
                      "heads of the layer");
      }
      out[head.get<size_t>()] = true;
    }
    attention.heads -= std::count(out.begin(), out.end(), true);
    attention.kv_heads = attention.heads;
    if (attention.heads == 0) config.refuse("layer " + layer + " has no head left", "one or more");
  }
}

// Positions by embeddings of the distance (Shaw et al. 2018, Huang et al. 2020).
void read_relative_positions(const ConfigReader& config, ModelSpec& spec) {
  const std::string kind = config.text({"position_embedding_type"}, "absolute");
  if (kind == "absolute") return;
  if (kind != "relative_key" && kind != "relative_key_query") {
    config.refuse("position_embedding_type is \"" + kind + "\"",
                  "\"absolute\", \"relative_key\" or \"relative_key_query\"");
  }
  spec.disentangled.position_to_content = kind == "relative_key_query";
  for (BlockSpec& block : spec.blocks) block.attention.add_bias(PositionBias::kRelativeKey);
  spec.embedding.position_rows = 0;
}

ModelSpec read_bert(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "bert");
  read_segments(config, 2, spec);
  read_relative_positions(config, spec);
  prune_heads(config, spec);
  spec.next_sentence = true;
  return spec;
}

// The masked-word heads of RoBERTa, MPNet and ELECTRA's generator have GELU, whatever the blocks
// have.
void predict_with_gelu(ModelSpec& spec) { spec.vocabulary.activation = Activation::kGelu; }

// Positions are counted from the row behind that of the padding token, whose row padding tokens
// have.
void offset_positions(const ConfigReader& config, int64_t pad, ModelSpec& spec) {
  spec.embedding.uncounted_id = pad;
  spec.embedding.position_offset = pad + 1;
  spec.positions -= pad + 1;
  if (spec.positions < 1) {
    config.refuse("max_position_embeddings is " + std::to_string(spec.embedding.position_rows),
                  "more than pad_token_id + 1");
  }
}

ModelSpec read_roberta(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "roberta");
  predict_with_gelu(spec);
  if (config.text({"position_embedding_type"}, "absolute") != "absolute") {
    config.refuse("position_embedding_type is not absolute", "\"absolute\"");
  }
  read_segments(config, 2, spec);
  prune_heads(config, spec);
  offset_positions(config, config.id({"pad_token_id"}).value_or(1), spec);
  return spec;
}

ModelSpec read_distilbert(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "distilbert");
  prune_heads(config, spec);
  return spec;
}

// Its word embeddings may be narrower than the model.
void read_narrow_embeddings(const ConfigReader& config, bool always, ModelSpec& spec) {
  spec.embedding.width = config.size({"embedding_size"}, 128);
  spec.embedding.projection = always || spec.embedding.width != spec.width;
  spec.embedding.projection_bias = true;
  spec.vocabulary.width = spec.embedding.width;
}

ModelSpec read_electra(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "electra");
  read_segments(config, 2, spec);
  prune_heads(config, spec);
  read_narrow_embeddings(config, false, spec);
  predict_with_gelu(spec);
  return spec;
}

ModelSpec read_albert(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "albert", "gelu_new");
  read_segments(config, 2, spec);
  read_narrow_embeddings(config, true, spec);
  if (config.size({"inner_group_num"}, 1) != 1) {
    config.refuse("inner_group_num is " + std::to_string(config.size({"inner_group_num"})), "1");
  }
  const int64_t layers = spec.layers(), groups = config.size({"num_hidden_groups"}, 1);
  if (groups > layers) {
    config.refuse("num_hidden_groups is " + std::to_string(groups), "at most num_hidden_layers");
  }
  // Layers of a group share tensors, which are numbered by group: the tensors are read for the
  // first layer of each group.
  std::vector<int64_t> first(static_cast<size_t>(groups), -1);
  for (int64_t l = 0; l < layers; ++l) {
    const int64_t group = l * groups / layers;
    int64_t& its = first[static_cast<size_t>(group)];
    if (its < 0) its = l;
    spec.blocks[static_cast<size_t>(l)].weights_of = its;
    spec.blocks[static_cast<size_t>(l)].name_of = group;
  }
  return spec;
}

ModelSpec read_mpnet(const ConfigReader& config) {
  ModelSpec spec = read_encoder(config, "mpnet");
  predict_with_gelu(spec);
  offset_positions(config, 1, spec);  // whatever the configuration says, as in the reference
  // The table has so many rows. The reference always computes 32 buckets.
  if (config.size({"relative_attention_num_buckets"}, 32) != spec.buckets.count) {
    config.refuse("relative_attention_num_buckets is " +
                      std::to_string(config.size({"relative_attention_num_buckets"})),
                  "32, which the reference uses whatever the configuration says");
  }
  for (BlockSpec& block : spec.blocks) block.attention.add_bias(PositionBias::kBuckets);
  return spec;
}

// Tensors that BERT's relatives name as BERT does.
constexpr Row kEmbeddings[] = {
    {Role::kWords, "embeddings.word_embeddings"},
    {Role::kPositions, "embeddings.position_embeddings"},
    {Role::kEmbeddingNorm, "embeddings.LayerNorm"},
};
constexpr Row kSegments[] = {{Role::kSegments, "embeddings.token_type_embeddings"}};
constexpr Row kAttention[] = {
    {Role::kQuery, "encoder.layer.{}.attention.self.query"},
    {Role::kKey, "encoder.layer.{}.attention.self.key"},
    {Role::kValue, "encoder.layer.{}.attention.self.value"},
    {Role::kAttentionOutput, "encoder.layer.{}.attention.output.dense"},
    {Role::kAttentionNorm, "encoder.layer.{}.attention.output.LayerNorm"},
};
constexpr Row kFeedForward[] = {
    {Role::kUp, "encoder.layer.{}.intermediate.dense"},
    {Role::kDown, "encoder.layer.{}.output.dense"},
    {Role::kFeedForwardNorm, "encoder.layer.{}.output.LayerNorm"},
};
constexpr Row kLanguageHead[] = {
    // RoBERTa's, and MPNet's
    {Role::kHeadTransform, "lm_head.dense"},   {Role::kHeadNorm, "lm_head.layer_norm"},
    {Role::kHeadBias, "lm_head.decoder.bias"}, {Role::kHeadBias, "lm_head.bias"},
    {Role::kDecoder, "lm_head.decoder"},
};

constexpr std::string_view kBertTypes[] = {"bert"sv};
constexpr std::string_view kBertPrefixes[] = {"bert."sv, ""sv};
constexpr Row kBertOwn[] = {
    {Role::kRelativeKeyTable, "encoder.layer.{}.attention.self.distance_embedding"},
    {Role::kPooler, "pooler.dense"},
    {Role::kNextSentence, "cls.seq_relationship"},
    {Role::kHeadTransform, "cls.predictions.transform.dense"},
    {Role::kHeadNorm, "cls.predictions.transform.LayerNorm"},
    {Role::kHeadBias, "cls.predictions.decoder.bias"},
    {Role::kHeadBias, "cls.predictions.bias"},
    {Role::kDecoder, "cls.predictions.decoder"},
};
constexpr auto kBertRows = joined(kEmbeddings, kSegments, kAttention, kFeedForward, kBertOwn);

constexpr std::string_view kRobertaTypes[] = {"roberta"sv, "xlm-roberta"sv, "camembert"sv};
constexpr std::string_view kRobertaPrefixes[] = {"roberta."sv, ""sv};
constexpr auto kRobertaRows =
    joined(kEmbeddings, kSegments, kAttention, kFeedForward, kLanguageHead);

constexpr std::string_view kDistilbertTypes[] = {"distilbert"sv};
constexpr std::string_view kDistilbertPrefixes[] = {"distilbert."sv, ""sv};
constexpr Row kDistilbertOwn[] = {
    {Role::kQuery, "transformer.layer.{}.attention.q_lin"},
    {Role::kKey, "transformer.layer.{}.attention.k_lin"},
    {Role::kValue, "transformer.layer.{}.attention.v_lin"},
    {Role::kAttentionOutput, "transformer.layer.{}.attention.out_lin"},
    {Role::kAttentionNorm, "transformer.layer.{}.sa_layer_norm"},
    {Role::kUp, "transformer.layer.{}.ffn.lin1"},
    {Role::kDown, "transformer.layer.{}.ffn.lin2"},
    {Role::kFeedForwardNorm, "transformer.layer.{}.output_layer_norm"},
    {Role::kHeadTransform, "vocab_transform"},
    {Role::kHeadNorm, "vocab_layer_norm"},
    {Role::kHeadBias, "vocab_projector.bias"},
    {Role::kDecoder, "vocab_projector"},
};
constexpr auto kDistilbertRows = joined(kEmbeddings, kDistilbertOwn);

constexpr std::string_view kElectraTypes[] = {"electra"sv};
constexpr std::string_view kElectraPrefixes[] = {"electra."sv, ""sv};
constexpr Row kElectraOwn[] = {
    {Role::kEmbeddingProjection, "embeddings_project"},
    {Role::kHeadTransform, "generator_predictions.dense"},
    {Role::kHeadNorm, "generator_predictions.LayerNorm"},
    {Role::kHeadBias, "generator_lm_head.bias"},
    {Role::kDecoder, "generator_lm_head"},
};
constexpr auto kElectraRows = joined(kEmbeddings, kSegments, kAttention, kFeedForward, kElectraOwn);

constexpr std::string_view kAlbertTypes[] = {"albert"sv};
constexpr std::string_view kAlbertPrefixes[] = {"albert."sv, ""sv};
constexpr Row kAlbertOwn[] = {
    {Role::kEmbeddingProjection, "encoder.embedding_hidden_mapping_in"},
    {Role::kQuery, "encoder.albert_layer_groups.{}.albert_layers.0.attention.query"},
    {Role::kKey, "encoder.albert_layer_groups.{}.albert_layers.0.attention.key"},
    {Role::kValue, "encoder.albert_layer_groups.{}.albert_layers.0.attention.value"},
    {Role::kAttentionOutput, "encoder.albert_layer_groups.{}.albert_layers.0.attention.dense"},
    {Role::kAttentionNorm, "encoder.albert_layer_groups.{}.albert_layers.0.attention.LayerNorm"},
    {Role::kUp, "encoder.albert_layer_groups.{}.albert_layers.0.ffn"},
    {Role::kDown, "encoder.albert_layer_groups.{}.albert_layers.0.ffn_output"},
    {Role::kFeedForwardNorm,
     "encoder.albert_layer_groups.{}.albert_layers.0.full_layer_layer_norm"},
    {Role::kHeadTransform, "predictions.dense"},
    {Role::kHeadNorm, "predictions.LayerNorm"},
    {Role::kHeadBias, "predictions.decoder.bias"},
    {Role::kHeadBias, "predictions.bias"},
    {Role::kDecoder, "predictions.decoder"},
};
constexpr auto kAlbertRows = joined(kEmbeddings, kSegments, kAlbertOwn);

constexpr std::string_view kMpnetTypes[] = {"mpnet"sv};
constexpr std::string_view kMpnetPrefixes[] = {"mpnet."sv, ""sv};
constexpr Row kMpnetOwn[] = {
    {Role::kRelativeBias, "encoder.relative_attention_bias"},
    {Role::kQuery, "encoder.layer.{}.attention.attn.q"},
    {Role::kKey, "encoder.layer.{}.attention.attn.k"},
    {Role::kValue, "encoder.layer.{}.attention.attn.v"},
    {Role::kAttentionOutput, "encoder.layer.{}.attention.attn.o"},
    {Role::kAttentionNorm, "encoder.layer.{}.attention.LayerNorm"},
};
constexpr auto kMpnetRows = joined(kEmbeddings, kMpnetOwn, kFeedForward, kLanguageHead);

}  // namespace

const Family kBert{"bert", kBertTypes, kBertPrefixes, kBertRows, read_bert};
const Family kRoberta{"roberta", kRobertaTypes, kRobertaPrefixes, kRobertaRows, read_roberta};
const Family kDistilbert{"distilbert", kDistilbertTypes, kDistilbertPrefixes, kDistilbertRows,
                         read_distilbert};
const Family kElectra{"electra", kElectraTypes, kElectraPrefixes, kElectraRows, read_electra};
const Family kAlbert{"albert", kAlbertTypes, kAlbertPrefixes, kAlbertRows, read_albert};
const Family kMpnet{"mpnet", kMpnetTypes, kMpnetPrefixes, kMpnetRows, read_mpnet};

}  // namespace headscope
