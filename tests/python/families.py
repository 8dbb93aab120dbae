"""Random tiny models of Transformers' families, for the capture's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import transformers

_SMALL = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 37,
}
_DECODER = {
    **_SMALL,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@dataclass
class Family:
    """Names of classes of Transformers, and what makes the configuration tiny."""

    config: str
    model: str
    options: dict[str, Any] = field(default_factory=dict)
    two_stacks: bool = False
    vectors: bool = True  # queries and keys can be seen

    def make(self, implementation: str) -> Any:
        torch.manual_seed(0)
        config = getattr(transformers, self.config)(**self.options)
        model = getattr(transformers, self.model)._from_config(config, attn_implementation=implementation)
        with torch.no_grad():
            for parameter in model.parameters():  # defaults start near zero: all rows would be uniform
                parameter.copy_(torch.randn_like(parameter) * (0.3 if parameter.dim() > 1 else 0.1))
            for module in model.modules():
                if "Norm" in type(module).__name__ and getattr(module, "weight", None) is not None:
                    module.weight.fill_(1.0)
        return model.eval()


FAMILIES: dict[str, Family] = {
    "bert": Family("BertConfig", "BertModel", _SMALL),
    "roberta": Family("RobertaConfig", "RobertaModel", {**_SMALL, "max_position_embeddings": 64, "pad_token_id": 0}),
    "distilbert": Family(
        "DistilBertConfig",
        "DistilBertModel",
        {"vocab_size": 100, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 37},
    ),
    "albert": Family("AlbertConfig", "AlbertModel", {**_SMALL, "embedding_size": 16}),
    "electra": Family("ElectraConfig", "ElectraModel", {**_SMALL, "embedding_size": 16}),
    "gpt2": Family(
        "GPT2Config",
        "GPT2LMHeadModel",
        {
            "vocab_size": 100,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": 64,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
    ),
    "gpt_neox": Family(
        "GPTNeoXConfig",
        "GPTNeoXForCausalLM",
        {**_SMALL, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2},
    ),
    "opt": Family(
        "OPTConfig",
        "OPTForCausalLM",
        {
            "vocab_size": 100,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "ffn_dim": 37,
            "max_position_embeddings": 64,
            "word_embed_proj_dim": 32,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
    ),
    "llama": Family("LlamaConfig", "LlamaForCausalLM", _DECODER),
    "qwen2": Family("Qwen2Config", "Qwen2ForCausalLM", _DECODER),
    "qwen3": Family("Qwen3Config", "Qwen3ForCausalLM", {**_DECODER, "head_dim": 16}),
    "mistral": Family("MistralConfig", "MistralForCausalLM", {**_DECODER, "sliding_window": 4}),
    "gemma2": Family(
        "Gemma2Config",
        "Gemma2ForCausalLM",
        {**_DECODER, "head_dim": 16, "sliding_window": 4, "attn_logit_softcapping": 5.0},
    ),
    "gemma3": Family("Gemma3TextConfig", "Gemma3ForCausalLM", {**_DECODER, "head_dim": 16, "sliding_window": 4}),
    "gpt_oss": Family(
        "GptOssConfig",
        "GptOssForCausalLM",
        {
            **_DECODER,
            "intermediate_size": 32,
            "head_dim": 16,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "sliding_window": 4,
        },
    ),
    "modernbert": Family(
        "ModernBertConfig",
        "ModernBertModel",
        {
            **_SMALL,
            "local_attention": 6,
            "global_attn_every_n_layers": 2,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "cls_token_id": 1,
            "sep_token_id": 2,
        },
    ),
    "t5": Family(
        "T5Config",
        "T5ForConditionalGeneration",
        {
            "vocab_size": 100,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 37,
            "num_layers": 2,
            "num_heads": 4,
            "decoder_start_token_id": 0,
        },
        two_stacks=True,
    ),
    "bart": Family(
        "BartConfig",
        "BartForConditionalGeneration",
        {
            "vocab_size": 100,
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 37,
            "decoder_ffn_dim": 37,
            "max_position_embeddings": 64,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
        },
        two_stacks=True,
    ),
    "deepseek_v3": Family(
        "DeepseekV3Config",
        "DeepseekV3ForCausalLM",
        {
            **_DECODER,
            "num_key_value_heads": 4,
            "q_lora_rank": 16,
            "kv_lora_rank": 16,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 12,
            "n_routed_experts": 4,
            "n_shared_experts": 1,
            "num_experts_per_tok": 2,
            "n_group": 1,
            "topk_group": 1,
            "moe_intermediate_size": 16,
            "first_k_dense_replace": 1,
        },
    ),
    "granite": Family("GraniteConfig", "GraniteForCausalLM", _DECODER),
    "cohere2": Family("Cohere2Config", "Cohere2ForCausalLM", {**_DECODER, "sliding_window": 4}),
    # Outside Transformers' attention interface.
    "falcon": Family("FalconConfig", "FalconForCausalLM", {**_SMALL, "bos_token_id": 1, "eos_token_id": 2}),
    "mpnet": Family("MPNetConfig", "MPNetModel", {**_SMALL, "max_position_embeddings": 64}, vectors=False),
    "deberta_v2": Family(
        "DebertaV2Config",
        "DebertaV2Model",
        {**_SMALL, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
        vectors=False,
    ),
    "bloom": Family(
        "BloomConfig",
        "BloomForCausalLM",
        {"vocab_size": 100, "hidden_size": 32, "n_layer": 2, "n_head": 4, "bos_token_id": 1, "eos_token_id": 2},
        vectors=False,
    ),
    "mpt": Family(
        "MptConfig",
        "MptForCausalLM",
        {"vocab_size": 100, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64},
        vectors=False,
    ),
    "gpt_neo": Family(
        "GPTNeoConfig",
        "GPTNeoForCausalLM",
        {
            "vocab_size": 100,
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 4,
            "max_position_embeddings": 64,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
        vectors=False,
    ),
    "xlnet": Family(
        "XLNetConfig",
        "XLNetModel",
        {"vocab_size": 100, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 37},
        vectors=False,
    ),
    "rembert": Family("RemBertConfig", "RemBertModel", {**_SMALL, "input_embedding_size": 16}, vectors=False),
}
INSIDE = [
    name
    for name, family in FAMILIES.items()
    if name not in ("falcon", "mpnet", "deberta_v2", "bloom", "mpt", "gpt_neo", "xlnet", "rembert")
]
OUTSIDE = [name for name in FAMILIES if name not in INSIDE]
SIX = ["bert", "gpt2", "llama", "gemma2", "t5", "modernbert"]
"""Those that every test run takes."""

PARTLY = {
    "longformer": Family(
        "LongformerConfig", "LongformerModel", {**_SMALL, "attention_window": 4, "max_position_embeddings": 64}
    ),
    "prophetnet": Family(
        "ProphetNetConfig",
        "ProphetNetForConditionalGeneration",
        {
            "vocab_size": 100,
            "hidden_size": 32,
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "num_encoder_attention_heads": 4,
            "num_decoder_attention_heads": 4,
            "encoder_ffn_dim": 37,
            "decoder_ffn_dim": 37,
            "max_position_embeddings": 64,
        },
        two_stacks=True,
    ),
    "longt5": Family(
        "LongT5Config",
        "LongT5ForConditionalGeneration",
        {
            "vocab_size": 100,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 37,
            "num_layers": 2,
            "num_heads": 4,
            "decoder_start_token_id": 0,
        },
        two_stacks=True,
    ),
    "mamba": Family("MambaConfig", "MambaForCausalLM", {"vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2}),
}
"""Families whose attention has no map of tokens by tokens, or not in all layers."""
