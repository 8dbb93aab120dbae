// A family of models is a table of tensor names; the code that loads and runs them is the same.
#pragma once

namespace headscope {

// Each name is a tensor "NAME.weight" with, where there is one, "NAME.bias"; a norm may also be
// "NAME.gamma" and "NAME.beta". Names in `layer` follow `layer_prefix` and the layer's number.
struct FamilyNames {
  const char* prefix;  // stands before encoder tensors in some files, not in others
  const char* words;
  const char* positions;
  const char* segments;
  const char* embedding_norm;
  const char* layer_prefix;
  const char* query;
  const char* key;
  const char* value;
  const char* attention_output;
  const char* attention_norm;
  const char* inner;
  const char* output;
  const char* output_norm;
  const char* pooler;
  // Heads; no prefix.
  const char* mlm_transform;
  const char* mlm_norm;
  const char* mlm_bias;     // a whole name: the decoder's bias where it stands alone
  const char* mlm_decoder;  // its weight may be left out: then it is that of `words`
  const char* next_sentence;
};

inline constexpr FamilyNames kBertNames = {
    .prefix = "bert.",
    .words = "embeddings.word_embeddings",
    .positions = "embeddings.position_embeddings",
    .segments = "embeddings.token_type_embeddings",
    .embedding_norm = "embeddings.LayerNorm",
    .layer_prefix = "encoder.layer.",
    .query = "attention.self.query",
    .key = "attention.self.key",
    .value = "attention.self.value",
    .attention_output = "attention.output.dense",
    .attention_norm = "attention.output.LayerNorm",
    .inner = "intermediate.dense",
    .output = "output.dense",
    .output_norm = "output.LayerNorm",
    .pooler = "pooler.dense",
    .mlm_transform = "cls.predictions.transform.dense",
    .mlm_norm = "cls.predictions.transform.LayerNorm",
    .mlm_bias = "cls.predictions.bias",
    .mlm_decoder = "cls.predictions.decoder",
    .next_sentence = "cls.seq_relationship",
};

}  // namespace headscope
