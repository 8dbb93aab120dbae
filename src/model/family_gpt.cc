// GPT-2, GPT-NeoX (Pythia), OPT and BLOOM: causal, pre-norm, LayerNorm with biases.
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

// All are causal, their heads divide the width, and the word embeddings serve as the decoder
// unless the file has one.
struct Sizes {
  const char *family, *width_name, *heads_name;
  int64_t layers, inner;
  Activation activation;
  float eps;
};

ModelSpec read_causal(const ConfigReader& config, const Sizes& sizes) {
  ModelSpec spec;
  spec.family = sizes.family;
  spec.width = config.size({sizes.width_name, "hidden_size"});
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({sizes.heads_name});
  share_width(config, spec.width, sizes.width_name, sizes.heads_name, attention);
  attention.rule.mask = causal_mask();
  block.feed_forward.inner = sizes.inner;
  block.feed_forward.activation = sizes.activation;
  block.norm.eps = sizes.eps;
  block.placement = NormPlacement::kBefore;
  repeat_block(block, sizes.layers, spec);
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.embedding.width = spec.width;
  spec.final_norm = block.norm;
  spec.vocabulary.kind = VocabularySpec::Kind::kNext;
  spec.vocabulary.width = spec.width;
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, true);
  return spec;
}

ModelSpec read_gpt2(const ConfigReader& config) {
  config.refuse_flag("add_cross_attention", "false: a decoder by itself");
  const int64_t width = config.size({"n_embd", "hidden_size"});
  ModelSpec spec =
      read_causal(config, {"gpt2", "n_embd", "n_head", config.size({"n_layer"}, {}, kMostLayers),
                           config.size({"n_inner"}, 4 * width),
                           config.activation({"activation_function"}, "gelu_new"),
                           config.eps({"layer_norm_epsilon"}, 1e-5)});
  spec.positions = spec.embedding.position_rows = config.size({"n_positions", "n_ctx"});
  const bool scaled = config.flag({"scale_attn_weights"}, true);
  const bool by_layer = config.flag({"scale_attn_by_inverse_layer_idx"}, false);
  for (int64_t l = 0; l < spec.layers(); ++l) {
    float& scale = spec.blocks[static_cast<size_t>(l)].attention.rule.scale;
    if (!scaled) scale = 1;
    if (by_layer) scale /= static_cast<float>(l + 1);
  }
  return spec;
}

ModelSpec read_gpt_neox(const ConfigReader& config) {
  ModelSpec spec = read_causal(
      config,
      {"gpt_neox", "hidden_size", "num_attention_heads",
       config.size({"num_hidden_layers"}, {}, kMostLayers), config.size({"intermediate_size"}),
       config.activation({"hidden_act"}, "gelu"), config.eps({"layer_norm_eps"}, 1e-5)});
  spec.positions = config.size({"max_position_embeddings"});
  RopeDefaults defaults;
  defaults.theta_name = "rotary_emb_base";
  defaults.partial = 0.25;
  defaults.partial_name = "rotary_pct";
  const RopeSpec rope =
      read_rope(config, spec.block(0).attention.head_dim, spec.positions, {}, defaults);
  spec.positions = rope.longest(spec.positions);
  for (BlockSpec& block : spec.blocks) {
    block.attention.rope = rope;
    block.attention.qkv_bias = block.attention.output_bias = config.flag({"attention_bias"}, true);
    block.parallel = config.flag({"use_parallel_residual"}, true);
  }
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, false);
  return spec;
}

ModelSpec read_opt(const ConfigReader& config) {
  const int64_t width = config.size({"hidden_size"});
  if (config.size({"word_embed_proj_dim"}, width) != width) {
    config.refuse("word_embed_proj_dim is not hidden_size", "word embeddings of the model's width");
  }
  if (!config.flag({"layer_norm_elementwise_affine"}, true)) {
    config.refuse("layer_norm_elementwise_affine is false", "true");
  }
  ModelSpec spec = read_causal(
      config, {"opt", "hidden_size", "num_attention_heads",
               config.size({"num_hidden_layers"}, {}, kMostLayers), config.size({"ffn_dim"}),
               config.activation({"activation_function"}, "relu"), 1e-5f});
  constexpr int64_t kOffset = 2;  // its table has two rows that no token uses
  spec.positions = config.size({"max_position_embeddings"});
  spec.embedding.position_rows = spec.positions + kOffset;
  spec.embedding.position_offset = kOffset;
  const bool bias = config.flag({"enable_bias"}, true);
  const bool before = config.flag({"do_layer_norm_before"}, true);
  for (BlockSpec& block : spec.blocks) {
    block.attention.qkv_bias = block.attention.output_bias = block.feed_forward.bias = bias;
    block.placement = before ? NormPlacement::kBefore : NormPlacement::kAfter;
  }
  if (!before || config.flag({"_remove_final_layer_norm"}, false)) spec.final_norm.reset();
  return spec;
}

ModelSpec read_bloom(const ConfigReader& config) {
  const int64_t width = config.size({"hidden_size", "n_embed"});
  ModelSpec spec = read_causal(
      config,
      {"bloom", "n_embed", "n_head", config.size({"n_layer", "num_hidden_layers"}, {}, kMostLayers),
       4 * width, Activation::kGeluTanh, config.eps({"layer_norm_epsilon"}, 1e-5)});
  // Slopes are defined at any distance: memory alone is the limit.
  spec.positions = ConfigReader::kMost;
  spec.embedding.norm = *spec.final_norm;
  for (BlockSpec& block : spec.blocks) {
    block.attention.add_bias(PositionBias::kAlibi);
    block.residual_after_norm = config.flag({"apply_residual_connection_post_layernorm"}, false);
  }
  return spec;
}

constexpr std::string_view kGpt2Types[] = {"gpt2"sv};
constexpr std::string_view kGpt2Prefixes[] = {"transformer."sv, ""sv};
constexpr Row kGpt2Rows[] = {
    {Role::kWords, "wte"},
    {Role::kPositions, "wpe"},
    {Role::kFinalNorm, "ln_f"},
    {Role::kAttentionNorm, "h.{}.ln_1"},
    {Role::kQuery, "h.{}.attn.c_attn", Layout::kTransposed},
    {Role::kKey, "h.{}.attn.c_attn", Layout::kTransposed},
    {Role::kValue, "h.{}.attn.c_attn", Layout::kTransposed},
    {Role::kAttentionOutput, "h.{}.attn.c_proj", Layout::kTransposed},
    {Role::kFeedForwardNorm, "h.{}.ln_2"},
    {Role::kUp, "h.{}.mlp.c_fc", Layout::kTransposed},
    {Role::kDown, "h.{}.mlp.c_proj", Layout::kTransposed},
    {Role::kDecoder, "lm_head"},
};

constexpr std::string_view kNeoxTypes[] = {"gpt_neox"sv};
constexpr std::string_view kNeoxPrefixes[] = {"gpt_neox."sv, ""sv};
constexpr Row kNeoxRows[] = {
    {Role::kWords, "embed_in"},
    {Role::kFinalNorm, "final_layer_norm"},
    {Role::kAttentionNorm, "layers.{}.input_layernorm"},
    {Role::kQuery, "layers.{}.attention.query_key_value", Layout::kPerHead},
    {Role::kKey, "layers.{}.attention.query_key_value", Layout::kPerHead},
    {Role::kValue, "layers.{}.attention.query_key_value", Layout::kPerHead},
    {Role::kAttentionOutput, "layers.{}.attention.dense"},
    {Role::kFeedForwardNorm, "layers.{}.post_attention_layernorm"},
    {Role::kUp, "layers.{}.mlp.dense_h_to_4h"},
    {Role::kDown, "layers.{}.mlp.dense_4h_to_h"},
    {Role::kDecoder, "embed_out"},
};

constexpr std::string_view kOptTypes[] = {"opt"sv};
constexpr std::string_view kOptPrefixes[] = {"model.decoder."sv, "decoder."sv, ""sv};
constexpr Row kOptRows[] = {
    {Role::kWords, "embed_tokens"},
    {Role::kPositions, "embed_positions"},
    {Role::kFinalNorm, "final_layer_norm"},
    {Role::kAttentionNorm, "layers.{}.self_attn_layer_norm"},
    {Role::kQuery, "layers.{}.self_attn.q_proj"},
    {Role::kKey, "layers.{}.self_attn.k_proj"},
    {Role::kValue, "layers.{}.self_attn.v_proj"},
    {Role::kAttentionOutput, "layers.{}.self_attn.out_proj"},
    {Role::kFeedForwardNorm, "layers.{}.final_layer_norm"},
    {Role::kUp, "layers.{}.fc1"},
    {Role::kDown, "layers.{}.fc2"},
    {Role::kDecoder, "lm_head"},
};

constexpr std::string_view kBloomTypes[] = {"bloom"sv};
constexpr std::string_view kBloomPrefixes[] = {"transformer."sv, ""sv};
constexpr Row kBloomRows[] = {
    {Role::kWords, "word_embeddings"},
    {Role::kEmbeddingNorm, "word_embeddings_layernorm"},
    {Role::kFinalNorm, "ln_f"},
    {Role::kAttentionNorm, "h.{}.input_layernorm"},
    {Role::kQuery, "h.{}.self_attention.query_key_value", Layout::kPerHead},
    {Role::kKey, "h.{}.self_attention.query_key_value", Layout::kPerHead},
    {Role::kValue, "h.{}.self_attention.query_key_value", Layout::kPerHead},
    {Role::kAttentionOutput, "h.{}.self_attention.dense"},
    {Role::kFeedForwardNorm, "h.{}.post_attention_layernorm"},
    {Role::kUp, "h.{}.mlp.dense_h_to_4h"},
    {Role::kDown, "h.{}.mlp.dense_4h_to_h"},
    {Role::kDecoder, "lm_head"},
};

}  // namespace

const Family kGpt2{"gpt2", kGpt2Types, kGpt2Prefixes, kGpt2Rows, read_gpt2};
const Family kGptNeox{"gpt_neox", kNeoxTypes, kNeoxPrefixes, kNeoxRows, read_gpt_neox};
const Family kOpt{"opt", kOptTypes, kOptPrefixes, kOptRows, read_opt};
const Family kBloom{"bloom", kBloomTypes, kBloomPrefixes, kBloomRows, read_bloom};

}  // namespace headscope
