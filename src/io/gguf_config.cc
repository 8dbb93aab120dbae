// config.json's fields of each architecture, from the file's hyperparameters and shapes.
#include <cmath>

#include "format/json.h"
#include "io/gguf_keys.h"

namespace headscope {
namespace {

struct Sizes {
  int64_t layers, width, heads, kv_heads, head_dim;
};

Sizes read_sizes(const GgufKeys& keys) {
  Sizes sizes{};
  sizes.layers = keys.count("block_count");
  // The lists below have one entry a layer.
  if (static_cast<size_t>(sizes.layers) > keys.tensor_count()) {
    keys.refuse("block_count", std::to_string(sizes.layers),
                "no more layers than the file has tensors");
  }
  sizes.width = keys.count("embedding_length");
  sizes.heads = keys.count("attention.head_count");
  sizes.kv_heads = keys.find_count("attention.head_count_kv").value_or(sizes.heads);
  if (sizes.heads % sizes.kv_heads != 0) {
    keys.refuse("attention.head_count_kv", std::to_string(sizes.kv_heads),
                "a number that divides " + keys.key("attention.head_count") + " " +
                    std::to_string(sizes.heads));
  }
  const auto key_length = keys.find_count("attention.key_length");
  if (!key_length && sizes.width % sizes.heads != 0) {
    keys.refuse("attention.head_count", std::to_string(sizes.heads),
                "a number that divides " + keys.key("embedding_length") + " " +
                    std::to_string(sizes.width));
  }
  sizes.head_dim = key_length.value_or(sizes.width / sizes.heads);
  const int64_t value_length = keys.find_count("attention.value_length").value_or(sizes.head_dim);
  if (value_length != sizes.head_dim) {
    keys.refuse("attention.value_length", std::to_string(value_length),
                "as wide as the keys: " + std::to_string(sizes.head_dim));
  }
  return sizes;
}

// Hyperparameters that the forward pass ignores: a model that has one would be computed wrongly.
void refuse_unread(const GgufKeys& keys, bool causal) {
  for (const char* suffix : {"expert_count", "attention.max_alibi_bias", "attention.clamp_kqv",
                             "attention.shared_kv_layers", "embedding_scale", "residual_scale",
                             "logit_scale", "attention.temperature_length"}) {
    const double value = keys.number(suffix, 0);
    if (value != 0) {
      keys.refuse(suffix, dump_json(shortest(value)), "a model without it");
    }
  }
  const bool is_causal = keys.file().boolean(keys.key("attention.causal")).value_or(causal);
  if (is_causal != causal) {
    keys.refuse("attention.causal", is_causal ? "true" : "false",
                causal ? "a causal model" : "a bidirectional model");
  }
}

// The fields that all decoders except GPT-2 share.
Sizes configure_decoder(const GgufKeys& keys, Json& config) {
  refuse_unread(keys, true);
  const Sizes sizes = read_sizes(keys);
  config["num_hidden_layers"] = sizes.layers;
  config["hidden_size"] = sizes.width;
  config["num_attention_heads"] = sizes.heads;
  config["num_key_value_heads"] = sizes.kv_heads;
  config["head_dim"] = sizes.head_dim;
  config["intermediate_size"] = keys.count("feed_forward_length");
  config["max_position_embeddings"] = keys.count("context_length");
  config["rms_norm_eps"] = shortest(keys.number("attention.layer_norm_rms_epsilon"));
  config["hidden_act"] = "silu";
  config["tie_word_embeddings"] = keys.tensor("output.weight") == nullptr;
  return sizes;
}

Json layer_types(int64_t layers, auto slides) {
  Json types = Json::array();
  for (int64_t layer = 0; layer < layers; ++layer) {
    types.push_back(slides(layer) ? "sliding_attention" : "full_attention");
  }
  return types;
}

// attention.sliding_window_pattern, where the file has it: a flag a layer (true: slides), or n
// where every nth layer is global.
std::optional<Json> written_pattern(const GgufKeys& keys, int64_t layers) {
  const std::string suffix = "attention.sliding_window_pattern";
  if (!keys.file().has(keys.key(suffix))) return std::nullopt;
  if (!keys.file().is_array(keys.key(suffix))) {
    const int64_t every = keys.count(suffix);
    return layer_types(layers, [&](int64_t layer) { return (layer + 1) % every != 0; });
  }
  const std::vector<int64_t> flags = keys.file().integers(keys.key(suffix));
  if (flags.size() != static_cast<size_t>(layers)) {
    keys.refuse(suffix, "an array of " + std::to_string(flags.size()),
                std::to_string(layers) + " flags, one a layer");
  }
  return layer_types(layers, [&](int64_t layer) { return flags[static_cast<size_t>(layer)] != 0; });
}

// Gemma's score scale is query_pre_attn_scalar^-0.5. Its largest models use width / heads, the
// others the head's width (llama.cpp: llama_model_gemma2, llama_model_gemma3), unless the file says
// attention.scale.
Json query_scalar(const GgufKeys& keys, const Sizes& sizes, int64_t largest_layers) {
  const auto scale = keys.find_number("attention.scale");
  if (scale && *scale > 0) return shortest(std::round(1 / (*scale * *scale) * 1e4) / 1e4);
  return sizes.layers == largest_layers ? sizes.width / sizes.heads : sizes.head_dim;
}

void refuse_scale(const GgufKeys& keys) {
  const auto scale = keys.find_number("attention.scale");
  if (scale && *scale != 0) {
    keys.refuse("attention.scale", dump_json(shortest(*scale)), "a model with the usual scale");
  }
}

void add_soft_cap(const GgufKeys& keys, Json& config, const char* suffix, const char* field) {
  const auto cap = keys.find_number(suffix);
  config[field] = cap && *cap > 0 ? shortest(*cap) : Json();
}

}  // namespace

void configure_llama(const GgufKeys& keys, Json& config) {
  const Sizes sizes = configure_decoder(keys, config);
  refuse_scale(keys);
  config["attention_bias"] = keys.tensor("blk.0.attn_q.bias") != nullptr;
  config["mlp_bias"] = keys.tensor("blk.0.ffn_up.bias") != nullptr;
  config["rope_parameters"] =
      rope_parameters(keys, keys.number("rope.freq_base", 10000), true, sizes.head_dim);
  const int64_t window = keys.find_count("attention.sliding_window", 0).value_or(0);
  if (window == 0) return;
  if (written_pattern(keys, sizes.layers)) {
    keys.refuse("attention.sliding_window_pattern", "set", "one window for all layers");
  }
  // Mistral's files have the same architecture: every layer slides.
  config["model_type"] = "mistral";
  config["architectures"] = {"MistralForCausalLM"};
  config["sliding_window"] = window;
}

void configure_qwen(const GgufKeys& keys, Json& config) {
  const Sizes sizes = configure_decoder(keys, config);
  refuse_scale(keys);
  config["rope_parameters"] =
      rope_parameters(keys, keys.number("rope.freq_base", 10000), true, sizes.head_dim);
  const int64_t window = keys.find_count("attention.sliding_window", 0).value_or(0);
  config["use_sliding_window"] = window > 0;
  config["sliding_window"] = window > 0 ? Json(window) : Json();
  const auto pattern = written_pattern(keys, sizes.layers);
  config["layer_types"] = window > 0 && pattern
                              ? *pattern
                              : layer_types(sizes.layers, [&](int64_t) { return window > 0; });
}

void configure_gemma2(const GgufKeys& keys, Json& config) {
  constexpr int64_t kLayersOf27B = 46, kWindow = 4096;
  const Sizes sizes = configure_decoder(keys, config);
  config.erase("hidden_act");
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["attention_bias"] = false;
  config["rope_parameters"] =
      rope_parameters(keys, keys.number("rope.freq_base", 10000), true, sizes.head_dim);
  config["query_pre_attn_scalar"] = query_scalar(keys, sizes, kLayersOf27B);
  add_soft_cap(keys, config, "attn_logit_softcapping", "attn_logit_softcapping");
  add_soft_cap(keys, config, "final_logit_softcapping", "final_logit_softcapping");
  config["sliding_window"] = keys.find_count("attention.sliding_window").value_or(kWindow);
  config["layer_types"] =
      written_pattern(keys, sizes.layers).value_or(layer_types(sizes.layers, [](int64_t layer) {
        return layer % 2 == 0;
      }));
}

void configure_gemma3(const GgufKeys& keys, Json& config) {
  constexpr int64_t kLayersOf27B = 62, kEvery = 6;
  constexpr double kLocalBase = 10000, kGlobalBase = 1'000'000;
  const Sizes sizes = configure_decoder(keys, config);
  config.erase("hidden_act");
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["attention_bias"] = false;
  config["rope_parameters"] = {
      {"full_attention",
       rope_parameters(keys, keys.number("rope.freq_base", kGlobalBase), true, sizes.head_dim)},
      {"sliding_attention", rope_parameters(keys, keys.number("rope.freq_base_swa", kLocalBase),
                                            false, sizes.head_dim)}};
  config["query_pre_attn_scalar"] = query_scalar(keys, sizes, kLayersOf27B);
  config["attn_logit_softcapping"] = Json();
  add_soft_cap(keys, config, "final_logit_softcapping", "final_logit_softcapping");
  const int64_t window = keys.find_count("attention.sliding_window", 0).value_or(0);
  config["sliding_window"] = window > 0 ? Json(window) : Json();
  config["layer_types"] =
      written_pattern(keys, sizes.layers).value_or(layer_types(sizes.layers, [&](int64_t layer) {
        return window > 0 && (layer + 1) % kEvery != 0;
      }));
}

void configure_phi3(const GgufKeys& keys, Json& config) {
  const Sizes sizes = configure_decoder(keys, config);
  refuse_scale(keys);
  config["rope_parameters"] =
      rope_parameters(keys, keys.number("rope.freq_base", 10000), true, sizes.head_dim);
  config["original_max_position_embeddings"] =
      keys.find_count("rope.scaling.original_context_length")
          .value_or(keys.count("context_length"));
  const int64_t window = keys.find_count("attention.sliding_window", 0).value_or(0);
  config["sliding_window"] = window > 0 ? Json(window) : Json();
}

void configure_gpt2(const GgufKeys& keys, Json& config) {
  refuse_unread(keys, true);
  refuse_scale(keys);
  const Sizes sizes = read_sizes(keys);
  if (sizes.kv_heads != sizes.heads || sizes.head_dim * sizes.heads != sizes.width) {
    keys.refuse("attention.head_count", std::to_string(sizes.heads),
                "heads that share the width evenly, as GPT-2's");
  }
  config["n_layer"] = sizes.layers;
  config["n_embd"] = sizes.width;
  config["n_head"] = sizes.heads;
  config["n_inner"] = keys.count("feed_forward_length");
  config["n_positions"] = keys.count("context_length");
  config["layer_norm_epsilon"] = shortest(keys.number("attention.layer_norm_epsilon"));
  config["activation_function"] = "gelu_new";
  config["tie_word_embeddings"] = keys.tensor("output.weight") == nullptr;
}

void configure_bert(const GgufKeys& keys, Json& config) {
  refuse_unread(keys, false);
  refuse_scale(keys);
  const Sizes sizes = read_sizes(keys);
  if (sizes.kv_heads != sizes.heads || sizes.head_dim * sizes.heads != sizes.width) {
    keys.refuse("attention.head_count", std::to_string(sizes.heads),
                "heads that share the width evenly, as BERT's");
  }
  config["num_hidden_layers"] = sizes.layers;
  config["hidden_size"] = sizes.width;
  config["num_attention_heads"] = sizes.heads;
  config["intermediate_size"] = keys.count("feed_forward_length");
  config["max_position_embeddings"] = keys.count("context_length");
  config["layer_norm_eps"] = shortest(keys.number("attention.layer_norm_epsilon"));
  config["hidden_act"] = "gelu";
  config["position_embedding_type"] = "absolute";
  const GgufTensor* types = keys.tensor("token_types.weight");
  config["type_vocab_size"] = types && types->shape.size() == 2 ? types->shape[0] : 1;
}

}  // namespace headscope
