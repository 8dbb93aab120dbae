// What a trace says of itself: the model, the tokens and the stacks of attention layers.
// The JSON twin of these structs is the `trace` entry of a trace file's metadata (docs/formats.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headscope/score_rule.h"
#include "headscope/tensor.h"

namespace headscope {

// One text, or pair of texts, as the model sees it. N = ids.size(); all vectors have N entries.
struct TokenSequence {
  std::vector<std::string> tokens;  // pieces as the tokenizer prints them, e.g. "##berries"
  std::vector<int32_t> ids;
  std::vector<int32_t> segment_ids;  // 0 for [CLS] A [SEP], 1 for B [SEP]
  std::vector<Range> offsets;    // UTF-8 bytes of the text the token comes from; {0,0} for special
  std::vector<uint8_t> special;  // 1 only for tokens that the template adds
  std::vector<int32_t> words;    // index of the token's word; -1 (JSON null) for special tokens
  std::string text_a;
  std::optional<std::string> text_b;
  std::optional<int32_t> generated_from;  // first generated token, causal models

  int64_t size() const { return static_cast<int64_t>(tokens.size()); }
  // True sentence of each token: [CLS] and the first [SEP] belong to sentence 0. Independent of the
  // segment ids that were fed (`--segment-ids zero`): derived from which text the token comes from.
  std::vector<int32_t> sentences;
};

// Rotary embedding already applied to query and key; lets a view un-rotate them.
struct RopeInfo {
  double theta = 10000.0;
  int64_t dims = 0;                         // rotated leading dimensions of Dh
  bool interleaved = false;                 // pairs (0,1),(2,3)… instead of (i, i + dims/2)
  std::vector<double> inverse_frequencies;  // [dims/2], empty = theta^(-2i/dims)
};

// A stack of attention layers with common query and key tokens: "self", or the "encoder",
// "decoder" and "cross" of an encoder–decoder model.
struct StackInfo {
  std::string name = "self";
  std::vector<int> layers;       // kept layers, the model's numbers, ascending
  std::vector<int> heads;        // H of each kept layer
  std::vector<int> kv_heads;     // Hk of each kept layer; query head h uses key head h / (H/Hk)
  int64_t head_dim = 0;          // Dh
  float scale = 0.0f;            // score = scale · q·k
  std::optional<float> softcap;  // cap(x) = softcap · tanh(x / softcap)
  MaskInfo mask;
  BiasKind bias = BiasKind::kNone;
  std::optional<RopeInfo> rope;

  // Index of the model's layer number in `layers`. Throws Error(kUsage) where it is not kept.
  int layer_index(int layer) const;
};

struct ModelInfo {
  std::string name;         // "bert-base-uncased"
  std::string family;       // "bert"
  std::string fingerprint;  // SHA-256 in hex; empty = not known
};

struct TraceInfo {
  ModelInfo model;
  std::string precision = "f32";
  std::optional<double> precision_error;
  std::vector<StackInfo> stacks;
  TokenSequence query;
  std::optional<TokenSequence> key;  // absent: the keys are the query tokens
  std::string settings = "{}";       // JSON object: ablations, truncation, …; kept as it was read

  const TokenSequence& key_tokens() const { return key ? *key : query; }
  // Rows and columns of one stack's maps: query × key, but the tokens of `key` on both sides in the
  // stack "encoder" and those of `query` in "decoder".
  const TokenSequence& query_tokens(int stack) const;
  const TokenSequence& key_tokens(int stack) const;
  // Index into `stacks`. Throws Error(kUsage) for an unknown name; "" is the only or first stack.
  int stack_index(const std::string& name) const;
};

}  // namespace headscope
