// Llama and what is built like it: Mistral, Qwen 2 and 3, SmolLM, Phi-3, Gemma 2 and 3. Causal,
// pre-norm with RMSNorm, rotary positions, grouped heads, gated feed-forward layers.
#include <cmath>

#include "format/json.h"
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

// The blocks that all of them have. The caller sets `rope`, which may differ between layers.
ModelSpec read_decoder(const ConfigReader& config, std::string family, Activation activation,
                       double eps = 1e-6) {
  ModelSpec spec;
  spec.family = std::move(family);
  spec.width = config.size({"hidden_size"});
  spec.positions = config.size({"max_position_embeddings"});
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = config.size({"num_attention_heads"});
  attention.kv_heads = config.size({"num_key_value_heads"}, attention.heads);
  if (attention.heads % attention.kv_heads != 0) {
    config.refuse("num_key_value_heads " + std::to_string(attention.kv_heads) +
                      " does not divide num_attention_heads " + std::to_string(attention.heads),
                  "groups of equal size");
  }
  attention.head_dim = attention.value_dim =
      config.find({"head_dim"})
          ? config.size({"head_dim"})
          : config.even_heads(spec.width, attention.heads, "hidden_size", "num_attention_heads");
  attention.rule.scale = score_scale(attention.head_dim);
  attention.rule.mask = causal_mask();
  attention.qkv_bias = attention.output_bias = config.flag({"attention_bias"}, false);
  block.feed_forward.inner = config.size({"intermediate_size"});
  block.feed_forward.activation = activation;
  block.feed_forward.gated = true;
  block.feed_forward.bias = config.flag({"mlp_bias"}, false);
  block.norm = {NormKind::kRms, config.eps({"rms_norm_eps"}, eps), false, false};
  block.placement = NormPlacement::kBefore;
  const int64_t layers = config.size({"num_hidden_layers"}, {}, kMostLayers);
  repeat_block(block, layers, spec);
  spec.embedding.vocab = config.size({"vocab_size"});
  spec.embedding.width = spec.width;
  spec.final_norm = block.norm;
  spec.vocabulary.kind = VocabularySpec::Kind::kNext;
  spec.vocabulary.width = spec.width;
  return spec;
}

// The window of files that say nothing, which the configuration's class has: Mistral, Qwen, Gemma.
constexpr int64_t kWindow = 4096;

bool has_window(const ConfigReader& config) { return !config.is_null("sliding_window"); }

void slide(const ConfigReader& config, const std::vector<bool>& slides, ModelSpec& spec,
           int64_t window = kWindow) {
  for (size_t l = 0; l < slides.size(); ++l) {
    if (!slides[l]) continue;
    if (!has_window(config)) config.refuse("sliding_window is null", "a number for sliding layers");
    spec.blocks[l].attention.rule.mask = sliding_mask(config.size({"sliding_window"}, window));
  }
}

void rotate_all(const ConfigReader& config, ModelSpec& spec, const RopeDefaults& defaults = {}) {
  const RopeSpec rope =
      read_rope(config, spec.block(0).attention.head_dim, spec.positions, {}, defaults);
  for (BlockSpec& block : spec.blocks) block.attention.rope = rope;
  spec.positions = rope.longest(spec.positions);
}

// Layers that carry no position at all (SmolLM3): 0 in a list, or every n-th.
void leave_positions_out(const ConfigReader& config, ModelSpec& spec) {
  std::vector<int64_t> kept;
  if (config.find({"no_rope_layers"})) {
    kept = ints_field(config.json(), "no_rope_layers", config.source());
  } else {
    const int64_t every = config.size({"no_rope_layer_interval"}, 4);
    for (int64_t l = 1; l <= spec.layers(); ++l) kept.push_back(l % every != 0);
  }
  if (std::ssize(kept) != spec.layers()) {
    config.refuse("no_rope_layers has " + std::to_string(kept.size()) + " entries", "one a layer");
  }
  for (size_t l = 0; l < kept.size(); ++l) {
    if (kept[l] == 0) spec.blocks[l].attention.rope.reset();
  }
}

ModelSpec read_llama(const ConfigReader& config) {
  const std::string type = config.text({"model_type"});
  ModelSpec spec = read_decoder(config, type, config.activation({"hidden_act"}, "silu"));
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, type == "smollm3");
  RopeDefaults defaults;
  if (type == "smollm3") defaults.theta = 2e6;
  rotate_all(config, spec, defaults);
  const bool uses = config.flag({"use_sliding_window"}, false);
  if (type == "mistral") {
    const auto otherwise = [&](int64_t) { return has_window(config); };
    slide(config, sliding_layers(config, spec.layers(), otherwise), spec);
  } else if (type == "qwen2" || type == "qwen3") {
    const int64_t first = config.size({"max_window_layers"}, 28);
    const auto otherwise = [&](int64_t l) { return uses && has_window(config) && l >= first; };
    slide(config, sliding_layers(config, spec.layers(), otherwise), spec);
  } else if (type == "smollm3") {
    leave_positions_out(config, spec);
    const bool window = uses && config.find({"sliding_window"});
    const auto otherwise = [&](int64_t l) { return window && !spec.block(l).attention.rope; };
    slide(config, sliding_layers(config, spec.layers(), otherwise), spec);
  }
  for (BlockSpec& block : spec.blocks) {
    if (type == "qwen2") {
      block.attention.qkv_bias = true;
      block.attention.output_bias = false;
    }
    if (type == "qwen3") block.attention.qk_norm = block.norm;
  }
  return spec;
}

ModelSpec read_phi3(const ConfigReader& config) {
  ModelSpec spec = read_decoder(config, "phi3", config.activation({"hidden_act"}, "silu"), 1e-5);
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, false);
  RopeDefaults defaults;
  defaults.partial = 1;
  defaults.original = 4096;
  defaults.only_longrope = true;
  rotate_all(config, spec, defaults);
  slide(config, std::vector<bool>(spec.blocks.size(), config.find({"sliding_window"}) != nullptr),
        spec);
  return spec;
}

ModelSpec read_gemma(const ConfigReader& config) {
  const bool third = config.text({"model_type"}) == "gemma3_text";
  const Activation activation =
      config.activation({"hidden_activation", "hidden_act"}, "gelu_pytorch_tanh");
  ModelSpec spec = read_decoder(config, third ? "gemma3" : "gemma2", activation);
  config.refuse_flag("use_bidirectional_attention", "false: each token sees those before it");
  spec.positions = config.size({"max_position_embeddings"});
  spec.embedding.scale = std::sqrt(static_cast<float>(spec.width));
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, true);
  // Null: none. Gemma 2 has both where the file says nothing.
  const auto softcap_of = [&](const char* name, double otherwise) -> std::optional<float> {
    if (!config.find({name}) && (third || config.is_null(name))) return std::nullopt;
    const double cap = config.number({name}, otherwise);
    if (!(cap > 0)) config.refuse(std::string(name) + " is " + std::to_string(cap), "above 0");
    return static_cast<float>(cap);
  };
  spec.vocabulary.softcap = softcap_of("final_logit_softcapping", 30).value_or(0);
  const std::optional<float> softcap = softcap_of("attn_logit_softcapping", 50);
  if (third && softcap) {
    config.refuse("attn_logit_softcapping is " + std::to_string(*softcap),
                  "null: transformers reads it for Gemma 3 and does not apply it");
  }
  const int64_t every =
      third ? config.size({"sliding_window_pattern", "_sliding_window_pattern"}, 6) : 2;
  const std::vector<bool> slides =
      sliding_layers(config, spec.layers(), [&](int64_t l) { return (l + 1) % every != 0; });
  const int64_t width = spec.block(0).attention.head_dim;
  RopeDefaults full, local;
  if (third) {
    full.theta = 1e6;
    local.theta_name = "rope_local_base_freq";
    local.scaled = false;
  }
  const RopeSpec far =
      read_rope(config, width, spec.positions, third ? "full_attention" : "", full);
  const RopeSpec near =
      third ? read_rope(config, width, spec.positions, "sliding_attention", local) : far;
  const double scalar = config.number({"query_pre_attn_scalar"}, 256);
  if (!(scalar > 0)) config.refuse("query_pre_attn_scalar is " + std::to_string(scalar), "above 0");
  spec.final_norm->one_plus = true;
  for (size_t l = 0; l < spec.blocks.size(); ++l) {
    BlockSpec& block = spec.blocks[l];
    block.norm.one_plus = true;
    block.placement = NormPlacement::kBoth;
    block.attention.rule.scale = static_cast<float>(1.0 / std::sqrt(scalar));
    block.attention.rope = slides[l] ? near : far;
    block.attention.rule.softcap = softcap;
    if (third) block.attention.qk_norm = block.norm;
  }
  slide(config, slides, spec);
  return spec;
}

constexpr std::string_view kPrefixes[] = {"model."sv, ""sv};

// Tensors that all of them name alike.
constexpr Row kTrunk[] = {
    {Role::kWords, "embed_tokens"},
    {Role::kFinalNorm, "norm"},
    {Role::kAttentionNorm, "layers.{}.input_layernorm"},
    {Role::kAttentionOutput, "layers.{}.self_attn.o_proj"},
    {Role::kDecoder, "lm_head"},
};
constexpr Row kProjections[] = {
    {Role::kQuery, "layers.{}.self_attn.q_proj"},
    {Role::kKey, "layers.{}.self_attn.k_proj"},
    {Role::kValue, "layers.{}.self_attn.v_proj"},
};
constexpr Row kVectorNorms[] = {
    {Role::kQueryNorm, "layers.{}.self_attn.q_norm"},
    {Role::kKeyNorm, "layers.{}.self_attn.k_norm"},
};
constexpr Row kFeedForwardNorm[] = {
    {Role::kFeedForwardNorm, "layers.{}.post_attention_layernorm"},
};
constexpr Row kGated[] = {
    {Role::kGate, "layers.{}.mlp.gate_proj"},
    {Role::kUp, "layers.{}.mlp.up_proj"},
    {Role::kDown, "layers.{}.mlp.down_proj"},
};

constexpr std::string_view kLlamaTypes[] = {"llama"sv, "mistral"sv, "qwen2"sv, "qwen3"sv,
                                            "smollm3"sv};
constexpr auto kLlamaRows = joined(kTrunk, kProjections, kVectorNorms, kFeedForwardNorm, kGated);

constexpr std::string_view kPhi3Types[] = {"phi3"sv};
constexpr Row kPhi3Own[] = {
    {Role::kQuery, "layers.{}.self_attn.qkv_proj"}, {Role::kKey, "layers.{}.self_attn.qkv_proj"},
    {Role::kValue, "layers.{}.self_attn.qkv_proj"}, {Role::kGate, "layers.{}.mlp.gate_up_proj"},
    {Role::kUp, "layers.{}.mlp.gate_up_proj"},      {Role::kDown, "layers.{}.mlp.down_proj"},
};
constexpr auto kPhi3Rows = joined(kTrunk, kFeedForwardNorm, kPhi3Own);

constexpr std::string_view kGemmaTypes[] = {"gemma2"sv, "gemma3_text"sv};
constexpr Row kGemmaOwn[] = {
    {Role::kAttentionPostNorm, "layers.{}.post_attention_layernorm"},
    {Role::kFeedForwardNorm, "layers.{}.pre_feedforward_layernorm"},
    {Role::kFeedForwardPostNorm, "layers.{}.post_feedforward_layernorm"},
};
constexpr auto kGemmaRows = joined(kTrunk, kProjections, kVectorNorms, kGemmaOwn, kGated);

ModelSpec read_gpt_oss(const ConfigReader& config) {
  ModelSpec spec = read_decoder(config, "gpt_oss", config.activation({"hidden_act"}, "silu"), 1e-5);
  spec.vocabulary.tied = config.flag({"tie_word_embeddings"}, false);
  RopeDefaults defaults;
  defaults.theta = 150000;
  defaults.rope = R"({"rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1,
                      "truncate": false, "original_max_position_embeddings": 4096})";
  const RopeSpec rope =
      read_rope(config, spec.block(0).attention.head_dim, spec.positions, {}, defaults);
  const int64_t experts = config.size({"num_local_experts"});
  const int64_t used = config.size({"num_experts_per_tok"}, 4, experts);
  for (BlockSpec& block : spec.blocks) {
    block.attention.rope = rope;
    block.attention.rule.sinks = true;
    block.attention.qkv_bias = block.attention.output_bias = config.flag({"attention_bias"}, true);
    block.feed_forward.experts = experts;
    block.feed_forward.experts_used = used;
    block.feed_forward.gate_limit = static_cast<float>(config.number({"swiglu_limit"}, 7.0));
    block.feed_forward.gate_alpha = static_cast<float>(config.number({"swiglu_alpha"}, 1.702));
  }
  constexpr int64_t kOssWindow = 128;
  slide(config, sliding_layers(config, spec.layers(), [](int64_t l) { return l % 2 == 0; }), spec,
        kOssWindow);
  return spec;
}

constexpr std::string_view kGptOssTypes[] = {"gpt_oss"sv};
constexpr Row kGptOssOwn[] = {
    {Role::kSinks, "layers.{}.self_attn.sinks"},
    {Role::kRouter, "layers.{}.mlp.router"},
    {Role::kExpertsUp, "layers.{}.mlp.experts.gate_up_proj"},
    {Role::kExpertsUpBias, "layers.{}.mlp.experts.gate_up_proj_bias"},
    {Role::kExpertsDown, "layers.{}.mlp.experts.down_proj"},
    {Role::kExpertsDownBias, "layers.{}.mlp.experts.down_proj_bias"},
};
constexpr auto kGptOssRows = joined(kTrunk, kProjections, kFeedForwardNorm, kGptOssOwn);

}  // namespace

const Family kLlama{"llama", kLlamaTypes, kPrefixes, kLlamaRows, read_llama};
const Family kPhi3{"phi3", kPhi3Types, kPrefixes, kPhi3Rows, read_phi3};
const Family kGemma{"gemma", kGemmaTypes, kPrefixes, kGemmaRows, read_gemma};
const Family kGptOss{"gpt_oss", kGptOssTypes, kPrefixes, kGptOssRows, read_gpt_oss};

}  // namespace headscope
