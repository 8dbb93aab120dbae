// Encoder–decoder models: T5, BART and Marian. An encoder without a mask; a decoder that looks back
// at itself and, in a second attention of each block, at the encoder's last hidden states.
#include <cmath>

#include "headscope/error.h"
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

enum class Half { kEncoder, kDecoder };

// `layers` copies of the block; those of a decoder are causal and have a cross-attention.
void stack_blocks(BlockSpec block, int64_t layers, Half half, ModelSpec& spec) {
  if (half == Half::kDecoder) {
    block.cross = block.attention;
    block.cross->cross = true;
    block.cross->add_bias(PositionBias::kNone);
    block.attention.rule.mask = causal_mask();
    spec.memory_width = spec.width;
    spec.vocabulary.kind = VocabularySpec::Kind::kNext;
    spec.vocabulary.width = spec.width;
  }
  repeat_block(block, layers, spec);
}

int32_t start_id(const ConfigReader& config, const char* otherwise) {
  const auto id = config.id({"decoder_start_token_id", otherwise});
  if (!id) {
    throw Error(ErrorCode::kBadInput, config.source() + ": no decoder_start_token_id",
                "the id of the token that the decoder begins with");
  }
  return static_cast<int32_t>(*id);
}

// Raffel et al. 2020: RMSNorm before each part, no biases, scores q·k as they are, a bias by
// distance that all layers of a half share.
ModelSpec read_t5(const ConfigReader& config, Half half) {
  ModelSpec spec;
  spec.family = "t5";
  spec.width = config.size({"d_model"});
  // Biases by distance are defined at any distance: memory alone is the limit.
  spec.positions = ConfigReader::kMost;
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.embedding.width = spec.width;
  spec.buckets.count = config.size({"relative_attention_num_buckets"}, 32);
  spec.buckets.most_distance = config.size({"relative_attention_max_distance"}, 128);
  spec.buckets.ahead = half == Half::kEncoder;
  if (spec.buckets.count % 4 != 0 || spec.buckets.most_distance <= spec.buckets.count / 2) {
    config.refuse("relative_attention_num_buckets is " + std::to_string(spec.buckets.count) +
                      ", relative_attention_max_distance " +
                      std::to_string(spec.buckets.most_distance),
                  "a multiple of 4, and more than half of it");
  }
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({"num_heads"});
  attention.head_dim = attention.value_dim = config.size({"d_kv"});
  attention.rule.scale = 1;
  attention.qkv_bias = attention.output_bias = false;
  attention.add_bias(PositionBias::kBuckets);
  FeedForwardSpec& feed_forward = block.feed_forward;
  feed_forward.inner = config.size({"d_ff"});
  feed_forward.bias = false;
  std::string activation = config.text(
      {"feed_forward_proj"}, config.text({"model_type"}) == "mt5" ? "gated-gelu" : "relu");
  constexpr std::string_view kGated = "gated-";
  if (activation.starts_with(kGated)) {
    feed_forward.gated = true;
    activation.erase(0, kGated.size());
    // The reference's "gated-gelu" is the one by tanh.
    if (activation == "gelu") activation = "gelu_new";
  }
  feed_forward.activation = config.activation_named("feed_forward_proj", activation);
  // What that means, written out by transformers, counts where it stands beside it.
  feed_forward.gated = config.flag({"is_gated_act"}, feed_forward.gated);
  if (config.find({"dense_act_fn"})) feed_forward.activation = config.activation({"dense_act_fn"});
  block.norm = {NormKind::kRms, config.eps({"layer_norm_epsilon"}, 1e-6), false, false};
  block.placement = NormPlacement::kBefore;
  spec.final_norm = block.norm;
  const int64_t layers = config.size({"num_layers"}, {}, kMostLayers);
  const bool decoder = half == Half::kDecoder;
  stack_blocks(block, decoder ? config.size({"num_decoder_layers"}, layers, kMostLayers) : layers,
               half, spec);
  if (!decoder) return spec;
  spec.start_id = start_id(config, "pad_token_id");
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, true);
  if (config.flag({"scale_decoder_outputs"}, spec.vocabulary.tied)) {
    spec.vocabulary.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(spec.width)));
  }
  return spec;
}
ModelSpec read_t5_encoder(const ConfigReader& config) { return read_t5(config, Half::kEncoder); }
ModelSpec read_t5_decoder(const ConfigReader& config) { return read_t5(config, Half::kDecoder); }

// BART and Marian have in common: LayerNorm behind each part, biases everywhere.
ModelSpec read_post_norm(const ConfigReader& config, const char* family, Half half) {
  // Fields of the first releases of BART's family, which said more than today's code does.
  for (const char* flag : {"normalize_before", "add_final_layer_norm"}) {
    config.refuse_flag(flag, "false: normalised behind each part, as BART is");
  }
  const bool decoder = half == Half::kDecoder;
  ModelSpec spec;
  spec.family = family;
  spec.width = config.size({"d_model"});
  spec.positions = config.size({"max_position_embeddings"});
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.embedding.width = spec.width;
  spec.embedding.position_rows = spec.positions;
  if (config.flag({"scale_embedding"}, false)) {
    spec.embedding.scale = static_cast<float>(std::sqrt(static_cast<double>(spec.width)));
  }
  const char* heads = decoder ? "decoder_attention_heads" : "encoder_attention_heads";
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({heads});
  share_width(config, spec.width, "d_model", heads, attention);
  block.feed_forward.inner = config.size({decoder ? "decoder_ffn_dim" : "encoder_ffn_dim"});
  block.feed_forward.activation = config.activation({"activation_function"}, "gelu");
  block.norm.eps = 1e-5f;
  stack_blocks(block, config.size({decoder ? "decoder_layers" : "encoder_layers"}, {}, kMostLayers),
               half, spec);
  if (!decoder) return spec;
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, true);
  spec.vocabulary.bias = spec.vocabulary.bias_may_lack = true;
  return spec;
}

// Lewis et al. 2020.
ModelSpec read_bart(const ConfigReader& config, Half half) {
  ModelSpec spec = read_post_norm(config, "bart", half);
  constexpr int64_t kOffset = 2;  // its table has two rows that no token uses
  spec.embedding.position_rows += kOffset;
  spec.embedding.position_offset = kOffset;
  spec.embedding.norm = spec.block(0).norm;
  if (half == Half::kDecoder) spec.start_id = start_id(config, "eos_token_id");
  return spec;
}
ModelSpec read_bart_encoder(const ConfigReader& config) {
  return read_bart(config, Half::kEncoder);
}
ModelSpec read_bart_decoder(const ConfigReader& config) {
  return read_bart(config, Half::kDecoder);
}

// Junczys-Dowmunt et al. 2018.
ModelSpec read_marian(const ConfigReader& config, Half half) {
  if (!config.flag({"share_encoder_decoder_embeddings"}, true)) {
    config.refuse("share_encoder_decoder_embeddings is false", "one vocabulary of both languages");
  }
  ModelSpec spec = read_post_norm(config, "marian", half);
  spec.embedding.sinusoids = true;
  if (half == Half::kDecoder) spec.start_id = start_id(config, "pad_token_id");
  return spec;
}
ModelSpec read_marian_encoder(const ConfigReader& config) {
  return read_marian(config, Half::kEncoder);
}
ModelSpec read_marian_decoder(const ConfigReader& config) {
  return read_marian(config, Half::kDecoder);
}

constexpr std::string_view kNoPrefix[] = {""sv};
constexpr std::string_view kT5Types[] = {"t5"sv, "mt5"sv};
constexpr Row kT5Encoder[] = {
    {Role::kWords, "shared"},
    {Role::kWords, "encoder.embed_tokens"},
    {Role::kRelativeBias, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {Role::kFinalNorm, "encoder.final_layer_norm"},
    {Role::kAttentionNorm, "encoder.block.{}.layer.0.layer_norm"},
    {Role::kQuery, "encoder.block.{}.layer.0.SelfAttention.q"},
    {Role::kKey, "encoder.block.{}.layer.0.SelfAttention.k"},
    {Role::kValue, "encoder.block.{}.layer.0.SelfAttention.v"},
    {Role::kAttentionOutput, "encoder.block.{}.layer.0.SelfAttention.o"},
    {Role::kFeedForwardNorm, "encoder.block.{}.layer.1.layer_norm"},
    {Role::kGate, "encoder.block.{}.layer.1.DenseReluDense.wi_0"},
    {Role::kUp, "encoder.block.{}.layer.1.DenseReluDense.wi_1"},
    {Role::kUp, "encoder.block.{}.layer.1.DenseReluDense.wi"},
    {Role::kDown, "encoder.block.{}.layer.1.DenseReluDense.wo"},
};
constexpr Row kT5Decoder[] = {
    {Role::kWords, "shared"},
    {Role::kWords, "decoder.embed_tokens"},
    {Role::kRelativeBias, "decoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {Role::kFinalNorm, "decoder.final_layer_norm"},
    {Role::kAttentionNorm, "decoder.block.{}.layer.0.layer_norm"},
    {Role::kQuery, "decoder.block.{}.layer.0.SelfAttention.q"},
    {Role::kKey, "decoder.block.{}.layer.0.SelfAttention.k"},
    {Role::kValue, "decoder.block.{}.layer.0.SelfAttention.v"},
    {Role::kAttentionOutput, "decoder.block.{}.layer.0.SelfAttention.o"},
    {Role::kCrossNorm, "decoder.block.{}.layer.1.layer_norm"},
    {Role::kCrossQuery, "decoder.block.{}.layer.1.EncDecAttention.q"},
    {Role::kCrossKey, "decoder.block.{}.layer.1.EncDecAttention.k"},
    {Role::kCrossValue, "decoder.block.{}.layer.1.EncDecAttention.v"},
    {Role::kCrossOutput, "decoder.block.{}.layer.1.EncDecAttention.o"},
    {Role::kFeedForwardNorm, "decoder.block.{}.layer.2.layer_norm"},
    {Role::kGate, "decoder.block.{}.layer.2.DenseReluDense.wi_0"},
    {Role::kUp, "decoder.block.{}.layer.2.DenseReluDense.wi_1"},
    {Role::kUp, "decoder.block.{}.layer.2.DenseReluDense.wi"},
    {Role::kDown, "decoder.block.{}.layer.2.DenseReluDense.wo"},
    {Role::kDecoder, "lm_head"},
};

// BART's names; Marian has no norm of its embeddings and computes its positions.
constexpr std::string_view kBartTypes[] = {"bart"sv};
constexpr std::string_view kMarianTypes[] = {"marian"sv};
constexpr std::string_view kBartPrefixes[] = {"model."sv, ""sv};
constexpr Row kBartEncoder[] = {
    {Role::kWords, "shared"},
    {Role::kWords, "encoder.embed_tokens"},
    {Role::kPositions, "encoder.embed_positions"},
    {Role::kEmbeddingNorm, "encoder.layernorm_embedding"},
    {Role::kQuery, "encoder.layers.{}.self_attn.q_proj"},
    {Role::kKey, "encoder.layers.{}.self_attn.k_proj"},
    {Role::kValue, "encoder.layers.{}.self_attn.v_proj"},
    {Role::kAttentionOutput, "encoder.layers.{}.self_attn.out_proj"},
    {Role::kAttentionNorm, "encoder.layers.{}.self_attn_layer_norm"},
    {Role::kUp, "encoder.layers.{}.fc1"},
    {Role::kDown, "encoder.layers.{}.fc2"},
    {Role::kFeedForwardNorm, "encoder.layers.{}.final_layer_norm"},
};
constexpr Row kBartDecoder[] = {
    {Role::kWords, "shared"},
    {Role::kWords, "decoder.embed_tokens"},
    {Role::kPositions, "decoder.embed_positions"},
    {Role::kEmbeddingNorm, "decoder.layernorm_embedding"},
    {Role::kQuery, "decoder.layers.{}.self_attn.q_proj"},
    {Role::kKey, "decoder.layers.{}.self_attn.k_proj"},
    {Role::kValue, "decoder.layers.{}.self_attn.v_proj"},
    {Role::kAttentionOutput, "decoder.layers.{}.self_attn.out_proj"},
    {Role::kAttentionNorm, "decoder.layers.{}.self_attn_layer_norm"},
    {Role::kCrossQuery, "decoder.layers.{}.encoder_attn.q_proj"},
    {Role::kCrossKey, "decoder.layers.{}.encoder_attn.k_proj"},
    {Role::kCrossValue, "decoder.layers.{}.encoder_attn.v_proj"},
    {Role::kCrossOutput, "decoder.layers.{}.encoder_attn.out_proj"},
    {Role::kCrossNorm, "decoder.layers.{}.encoder_attn_layer_norm"},
    {Role::kUp, "decoder.layers.{}.fc1"},
    {Role::kDown, "decoder.layers.{}.fc2"},
    {Role::kFeedForwardNorm, "decoder.layers.{}.final_layer_norm"},
    {Role::kHeadBias, "final_logits_bias"},
    {Role::kDecoder, "lm_head"},
};

const Family kT5Half{"t5", {}, kNoPrefix, kT5Decoder, read_t5_decoder};
const Family kBartHalf{"bart", {}, kBartPrefixes, kBartDecoder, read_bart_decoder};
const Family kMarianHalf{"marian", {}, kBartPrefixes, kBartDecoder, read_marian_decoder};

}  // namespace

const Family kT5{"t5", kT5Types, kNoPrefix, kT5Encoder, read_t5_encoder, &kT5Half};
const Family kBart{"bart", kBartTypes, kBartPrefixes, kBartEncoder, read_bart_encoder, &kBartHalf};
const Family kMarian{"marian",     kMarianTypes,        kBartPrefixes,
                     kBartEncoder, read_marian_encoder, &kMarianHalf};

}  // namespace headscope
