#include "io/gguf_architecture.h"

#include <algorithm>

#include "io/gguf_keys.h"

namespace headscope {
namespace {

using enum GgufTransform;

// Left: gguf/tensor_mapping.py and constants.py of PyPI's gguf 0.19. Right: the state_dict of the
// class that the row of kArchitectures names, in transformers 5.
constexpr GgufName kEmbeddings[] = {{"token_embd.weight", "model.embed_tokens.weight"},
                                    {"output.weight", "lm_head.weight"}};
constexpr GgufName kNorms[] = {
    {"output_norm.weight", "model.norm.weight"},
    {"blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight"},
    {"blk.{}.ffn_norm.weight", "model.layers.{}.post_attention_layernorm.weight"}};
constexpr GgufName kGemmaNorms[] = {
    {"output_norm.weight", "model.norm.weight", kMinusOne},
    {"blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight", kMinusOne},
    {"blk.{}.post_attention_norm.weight", "model.layers.{}.post_attention_layernorm.weight",
     kMinusOne},
    {"blk.{}.ffn_norm.weight", "model.layers.{}.pre_feedforward_layernorm.weight", kMinusOne},
    {"blk.{}.post_ffw_norm.weight", "model.layers.{}.post_feedforward_layernorm.weight",
     kMinusOne}};
constexpr GgufName kQueryKey[] = {
    {"blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight"},
    {"blk.{}.attn_q.bias", "model.layers.{}.self_attn.q_proj.bias"},
    {"blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight"},
    {"blk.{}.attn_k.bias", "model.layers.{}.self_attn.k_proj.bias"}};
constexpr GgufName kReorderedQueryKey[] = {
    {"blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight", kQueryRows},
    {"blk.{}.attn_q.bias", "model.layers.{}.self_attn.q_proj.bias", kQueryRows},
    {"blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight", kKeyRows},
    {"blk.{}.attn_k.bias", "model.layers.{}.self_attn.k_proj.bias", kKeyRows}};
constexpr GgufName kHeadNorms[] = {
    {"blk.{}.attn_q_norm.weight", "model.layers.{}.self_attn.q_norm.weight"},
    {"blk.{}.attn_k_norm.weight", "model.layers.{}.self_attn.k_norm.weight"}};
constexpr GgufName kGemmaHeadNorms[] = {
    {"blk.{}.attn_q_norm.weight", "model.layers.{}.self_attn.q_norm.weight", kMinusOne},
    {"blk.{}.attn_k_norm.weight", "model.layers.{}.self_attn.k_norm.weight", kMinusOne}};
constexpr GgufName kValueOutput[] = {
    {"blk.{}.attn_v.weight", "model.layers.{}.self_attn.v_proj.weight"},
    {"blk.{}.attn_v.bias", "model.layers.{}.self_attn.v_proj.bias"},
    {"blk.{}.attn_output.weight", "model.layers.{}.self_attn.o_proj.weight"},
    {"blk.{}.attn_output.bias", "model.layers.{}.self_attn.o_proj.bias"}};
constexpr GgufName kGatedFeedForward[] = {
    {"blk.{}.ffn_gate.weight", "model.layers.{}.mlp.gate_proj.weight"},
    {"blk.{}.ffn_gate.bias", "model.layers.{}.mlp.gate_proj.bias"},
    {"blk.{}.ffn_up.weight", "model.layers.{}.mlp.up_proj.weight"},
    {"blk.{}.ffn_up.bias", "model.layers.{}.mlp.up_proj.bias"},
    {"blk.{}.ffn_down.weight", "model.layers.{}.mlp.down_proj.weight"},
    {"blk.{}.ffn_down.bias", "model.layers.{}.mlp.down_proj.bias"}};
// Phi-3: query, key and value in one matrix, gate and up in another.
constexpr GgufName kPhi3[] = {
    {"blk.{}.attn_qkv.weight", "model.layers.{}.self_attn.qkv_proj.weight"},
    {"blk.{}.attn_output.weight", "model.layers.{}.self_attn.o_proj.weight"},
    {"blk.{}.ffn_up.weight", "model.layers.{}.mlp.gate_up_proj.weight"},
    {"blk.{}.ffn_down.weight", "model.layers.{}.mlp.down_proj.weight"}};
constexpr GgufName kGpt2[] = {
    {"token_embd.weight", "transformer.wte.weight"},
    {"position_embd.weight", "transformer.wpe.weight"},
    {"output_norm.weight", "transformer.ln_f.weight"},
    {"output_norm.bias", "transformer.ln_f.bias"},
    {"output.weight", "lm_head.weight"},
    {"blk.{}.attn_norm.weight", "transformer.h.{}.ln_1.weight"},
    {"blk.{}.attn_norm.bias", "transformer.h.{}.ln_1.bias"},
    {"blk.{}.attn_qkv.weight", "transformer.h.{}.attn.c_attn.weight", kTranspose},
    {"blk.{}.attn_qkv.bias", "transformer.h.{}.attn.c_attn.bias"},
    {"blk.{}.attn_output.weight", "transformer.h.{}.attn.c_proj.weight", kTranspose},
    {"blk.{}.attn_output.bias", "transformer.h.{}.attn.c_proj.bias"},
    {"blk.{}.ffn_norm.weight", "transformer.h.{}.ln_2.weight"},
    {"blk.{}.ffn_norm.bias", "transformer.h.{}.ln_2.bias"},
    {"blk.{}.ffn_up.weight", "transformer.h.{}.mlp.c_fc.weight", kTranspose},
    {"blk.{}.ffn_up.bias", "transformer.h.{}.mlp.c_fc.bias"},
    {"blk.{}.ffn_down.weight", "transformer.h.{}.mlp.c_proj.weight", kTranspose},
    {"blk.{}.ffn_down.bias", "transformer.h.{}.mlp.c_proj.bias"}};
constexpr GgufName kBert[] = {
    {"token_embd.weight", "embeddings.word_embeddings.weight"},
    {"position_embd.weight", "embeddings.position_embeddings.weight"},
    {"token_types.weight", "embeddings.token_type_embeddings.weight"},
    {"token_embd_norm.weight", "embeddings.LayerNorm.weight"},
    {"token_embd_norm.bias", "embeddings.LayerNorm.bias"},
    {"blk.{}.attn_q.weight", "encoder.layer.{}.attention.self.query.weight"},
    {"blk.{}.attn_q.bias", "encoder.layer.{}.attention.self.query.bias"},
    {"blk.{}.attn_k.weight", "encoder.layer.{}.attention.self.key.weight"},
    {"blk.{}.attn_k.bias", "encoder.layer.{}.attention.self.key.bias"},
    {"blk.{}.attn_v.weight", "encoder.layer.{}.attention.self.value.weight"},
    {"blk.{}.attn_v.bias", "encoder.layer.{}.attention.self.value.bias"},
    {"blk.{}.attn_output.weight", "encoder.layer.{}.attention.output.dense.weight"},
    {"blk.{}.attn_output.bias", "encoder.layer.{}.attention.output.dense.bias"},
    {"blk.{}.attn_output_norm.weight", "encoder.layer.{}.attention.output.LayerNorm.weight"},
    {"blk.{}.attn_output_norm.bias", "encoder.layer.{}.attention.output.LayerNorm.bias"},
    {"blk.{}.ffn_up.weight", "encoder.layer.{}.intermediate.dense.weight"},
    {"blk.{}.ffn_up.bias", "encoder.layer.{}.intermediate.dense.bias"},
    {"blk.{}.ffn_down.weight", "encoder.layer.{}.output.dense.weight"},
    {"blk.{}.ffn_down.bias", "encoder.layer.{}.output.dense.bias"},
    {"blk.{}.layer_output_norm.weight", "encoder.layer.{}.output.LayerNorm.weight"},
    {"blk.{}.layer_output_norm.bias", "encoder.layer.{}.output.LayerNorm.bias"}};

const std::vector<GgufArchitecture>& table() {
  static const std::vector<GgufArchitecture> rows = {
      {"bert", "bert", "BertModel", {kBert}, configure_bert},
      {"gemma2",
       "gemma2",
       "Gemma2ForCausalLM",
       {kEmbeddings, kGemmaNorms, kQueryKey, kValueOutput, kGatedFeedForward},
       configure_gemma2},
      {"gemma3",
       "gemma3_text",
       "Gemma3ForCausalLM",
       {kEmbeddings, kGemmaNorms, kQueryKey, kGemmaHeadNorms, kValueOutput, kGatedFeedForward},
       configure_gemma3},
      {"gpt2", "gpt2", "GPT2LMHeadModel", {kGpt2}, configure_gpt2},
      {"llama",
       "llama",
       "LlamaForCausalLM",
       {kEmbeddings, kNorms, kReorderedQueryKey, kValueOutput, kGatedFeedForward},
       configure_llama},
      {"phi3", "phi3", "Phi3ForCausalLM", {kEmbeddings, kNorms, kPhi3}, configure_phi3},
      {"qwen2",
       "qwen2",
       "Qwen2ForCausalLM",
       {kEmbeddings, kNorms, kQueryKey, kValueOutput, kGatedFeedForward},
       configure_qwen},
      {"qwen3",
       "qwen3",
       "Qwen3ForCausalLM",
       {kEmbeddings, kNorms, kQueryKey, kHeadNorms, kValueOutput, kGatedFeedForward},
       configure_qwen},
  };
  return rows;
}

// "blk.12.attn_q.weight" → 12 and "blk.{}.attn_q.weight"; other names have no number.
struct Pattern {
  std::string text, number;
};
Pattern pattern_of(std::string_view name) {
  constexpr std::string_view kBlock = "blk.";
  if (!name.starts_with(kBlock)) return {std::string(name), ""};
  const size_t end = name.find_first_not_of("0123456789", kBlock.size());
  if (end == std::string_view::npos || end == kBlock.size()) return {std::string(name), ""};
  return {"blk.{}" + std::string(name.substr(end)),
          std::string(name.substr(kBlock.size(), end - kBlock.size()))};
}

}  // namespace

std::span<const GgufArchitecture> gguf_architectures() { return table(); }

const GgufArchitecture* find_gguf_architecture(std::string_view name) {
  for (const GgufArchitecture& row : table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<TranslatedTensor> translate_gguf_name(const GgufArchitecture& architecture,
                                                    std::string_view name) {
  const Pattern pattern = pattern_of(name);
  for (const auto& group : architecture.names) {
    for (const GgufName& row : group) {
      if (row.gguf != pattern.text) continue;
      TranslatedTensor result{std::string(row.hugging_face), row.transform};
      const size_t at = result.name.find("{}");
      if (at != std::string::npos) result.name.replace(at, 2, pattern.number);
      return result;
    }
  }
  return std::nullopt;
}

bool is_gguf_extra(std::string_view name) {
  constexpr std::string_view kExtra[] = {
      "rope_freqs.weight",
      "rope_factors_long.weight",
      "rope_factors_short.weight",
      "blk.{}.attn_rot_embd.weight",  // frequencies that old converters kept
      "cls.weight",
      "cls.bias",
      "cls.output.weight",
      "cls.output.bias"};  // a classifier's head: not part of the trunk
  const std::string pattern = pattern_of(name).text;
  return std::find(std::begin(kExtra), std::end(kExtra), pattern) != std::end(kExtra);
}

}  // namespace headscope
