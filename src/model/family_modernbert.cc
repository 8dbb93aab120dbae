// ModernBERT (Warner et al. 2024): an encoder with rotary positions, pre-norm, gated feed-forward
// layers, and windows on all but every n-th layer.
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

RopeSpec rope_of(const ConfigReader& config, const ModelSpec& spec, bool local) {
  RopeDefaults defaults;
  defaults.theta = local ? 10000 : 160000;
  defaults.theta_name = local ? "local_rope_theta" : "global_rope_theta";
  return read_rope(config, spec.block(0).attention.head_dim, spec.positions,
                   local ? "sliding_attention" : "full_attention", defaults);
}

ModelSpec read_modernbert(const ConfigReader& config) {
  ModelSpec spec;
  spec.family = "modernbert";
  spec.width = config.size({"hidden_size"});
  spec.positions = config.size({"max_position_embeddings"});
  BlockSpec block;
  block.norm.eps = config.eps({"norm_eps"}, 1e-5);
  block.norm.bias = config.flag({"norm_bias"}, false);
  block.placement = NormPlacement::kBefore;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({"num_attention_heads"});
  share_width(config, spec.width, "hidden_size", "num_attention_heads", attention);
  attention.qkv_bias = attention.output_bias = config.flag({"attention_bias"}, false);
  block.feed_forward.inner = config.size({"intermediate_size"});
  block.feed_forward.activation = config.activation({"hidden_activation"}, "gelu");
  block.feed_forward.gated = true;
  block.feed_forward.bias = config.flag({"mlp_bias"}, false);
  const int64_t layers = config.size({"num_hidden_layers"}, {}, kMostLayers);
  repeat_block(block, layers, spec);
  spec.blocks.front().attention_norm = false;  // the embeddings were just normalised
  const int64_t every = config.size({"global_attn_every_n_layers"}, 3);
  const auto slides = sliding_layers(config, layers, [&](int64_t l) { return l % every != 0; });
  const RopeSpec global = rope_of(config, spec, false), local = rope_of(config, spec, true);
  // The reference sets either by the other.
  const int64_t reach = config.size({"sliding_window"}, config.size({"local_attention"}, 128) / 2);
  for (size_t l = 0; l < slides.size(); ++l) {
    AttentionSpec& its = spec.blocks[l].attention;
    its.rope = slides[l] ? local : global;
    if (!slides[l]) continue;
    its.rule.mask.kind = MaskKind::kWindow;
    its.rule.mask.left = its.rule.mask.right = reach;
  }
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.embedding.width = spec.width;
  spec.embedding.norm = spec.final_norm = block.norm;
  VocabularySpec& head = spec.vocabulary;
  head.kind = VocabularySpec::Kind::kMasked;
  head.transform = true;
  head.transform_bias = config.flag({"classifier_bias"}, false);
  head.activation = config.activation({"classifier_activation"}, "gelu");
  head.norm = block.norm;
  head.width = spec.width;
  head.bias = config.flag({"decoder_bias"}, true);
  head.tied = config.flag({"tie_word_embeddings"}, true);
  return spec;
}

constexpr std::string_view kTypes[] = {"modernbert"sv};
constexpr std::string_view kPrefixes[] = {"model."sv, ""sv};
constexpr Row kRows[] = {
    {Role::kWords, "embeddings.tok_embeddings"},
    {Role::kEmbeddingNorm, "embeddings.norm"},
    {Role::kFinalNorm, "final_norm"},
    {Role::kAttentionNorm, "layers.{}.attn_norm"},
    {Role::kQuery, "layers.{}.attn.Wqkv"},
    {Role::kKey, "layers.{}.attn.Wqkv"},
    {Role::kValue, "layers.{}.attn.Wqkv"},
    {Role::kAttentionOutput, "layers.{}.attn.Wo"},
    {Role::kFeedForwardNorm, "layers.{}.mlp_norm"},
    {Role::kGate, "layers.{}.mlp.Wi"},
    {Role::kUp, "layers.{}.mlp.Wi"},
    {Role::kDown, "layers.{}.mlp.Wo"},
    {Role::kHeadTransform, "head.dense"},
    {Role::kHeadNorm, "head.norm"},
    {Role::kHeadBias, "decoder.bias"},
    {Role::kDecoder, "decoder"},
};

}  // namespace

const Family kModernbert{"modernbert", kTypes, kPrefixes, kRows, read_modernbert};

}  // namespace headscope
