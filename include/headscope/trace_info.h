// The description of a trace: the model, the run, the tokens and every attention layer.
// The JSON twin of these structs is the `trace` entry of a trace file's metadata (docs/formats.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headscope/run_settings.h"
#include "headscope/score_rule.h"
#include "headscope/tensor.h"

namespace headscope {

enum class TokenKind : uint8_t { kText, kPatch };  // patch: a square of an image, token "p0,0"

// One text, or pair of texts, as the model sees it. N = tokens.size(); all vectors have N entries.
struct TokenSequence {
  std::vector<std::string> tokens;  // pieces as the tokenizer prints them, e.g. "##berries"
  std::vector<int32_t> ids;
  std::vector<TokenKind> kinds;      // empty: all are text
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
  double factor = 1.0;                      // multiplies cos and sin (YaRN)

  friend bool operator==(const RopeInfo&, const RopeInfo&) = default;
};

enum class LayerKind { kAttention, kNone };  // none: a layer without attention of a hybrid model
// kWeights: queries and keys cannot be had, the trace holds the maps themselves.
enum class Holds { kVectors, kWeights };

struct LayerInfo {
  int layer = 0;  // the model's number, from 0
  LayerKind kind = LayerKind::kAttention;
  Holds holds = Holds::kVectors;
  int heads = 0;          // H; 0 for kind none, as all that follows
  int kv_heads = 0;       // Hk; query head h uses key/value head h / (H/Hk)
  int64_t head_dim = 0;   // Dh of query and key
  int64_t value_dim = 0;  // of value
  ScoreRule rule;
  std::optional<RopeInfo> rope;
  // The layer of this stack whose mask or bias tensor serves here too; absent: its own.
  std::optional<int> mask_of, bias_of;

  int key_head(int head) const { return head / (heads / kv_heads); }
  friend bool operator==(const LayerInfo&, const LayerInfo&) = default;
};

// A stack of layers with common query and key tokens: "self", or the "encoder", "decoder" and
// "cross" of an encoder–decoder model.
struct StackInfo {
  std::string name = "self";
  std::string query = "text";     // name of the sequence of the rows
  std::string key = "text";       // … and of the columns
  std::vector<LayerInfo> layers;  // kept layers, numbers ascending

  // The model's layer number, and its index in `layers`. Throw Error(kUsage) where it is not kept.
  const LayerInfo& layer(int number) const { return layers[layer_index(number)]; }
  int layer_index(int number) const;
  // Queries and keys are the same tokens.
  bool square() const { return query == key; }
  // No layer looks ahead: the first token is where heads rest, and special for tiles and statistics
  // alike (first_key_rests() of headscope/score_rule.h).
  bool causal() const;
};

// Layers 0 … count − 1 alike, on Hk = H unless `layer` says otherwise; value_dim 0 = head_dim.
std::vector<LayerInfo> uniform_layers(int count, LayerInfo layer);
// `stack` with these layers only, in ascending order, each once; empty = all. Masks and biases that
// a layer left out shared stay with the first that is kept. Throws Error(kUsage) for one it lacks.
StackInfo keep_layers(const StackInfo& stack, const std::vector<int>& layers);

struct ModelInfo {
  std::string name;          // "bert-base-uncased"
  std::string family;        // "bert"
  std::string fingerprint;   // SHA-256 in hex; empty = not known
  std::string file_kind;     // safetensors, pytorch, tensorflow, gguf; empty = not known
  std::string quantisation;  // tensor type of most weights, as "Q4_K"; empty = none
  bool byte_tokens = false;  // tokens are written in byte letters (headscope/token_text.h)
};

enum class OriginKind { kNative, kCaptured, kArrays };

struct OriginInfo {
  OriginKind kind = OriginKind::kNative;
  std::string implementation;  // captured: "transformers 4.40 sdpa"; empty = not known
  std::string dtype;           // of the numbers where they came from; empty = not known
};

// How a native trace was computed.
struct ComputedInfo {
  std::string precision = "f32";  // f32, bf16x3, bf16
  std::string path;               // avx2, avx512_bf16-bf16x3, …; empty = not known
  // Measured against float32; absent for float32.
  std::optional<double> attention_max;  // largest difference of an attention weight
  std::optional<double> gemm_rel_l2;    // ‖error‖ / ‖result‖ of matrix products
};

enum class Side { kQuery, kKey };

class TraceInfo {
 public:
  ModelInfo model;
  OriginInfo origin;
  std::optional<ComputedInfo> computed = ComputedInfo();  // absent unless native
  std::vector<StackInfo> stacks;
  RunSettings settings;

  // The tokens of a stack's rows or columns, the only way to tokens. Throws Error(kUsage) for a
  // stack that is not there or a sequence that nobody set.
  const TokenSequence& tokens(int stack, Side side) const;
  // Puts the sequence that stacks name; copies of a TraceInfo share sequences.
  void set_sequence(const std::string& name, TokenSequence tokens);
  bool has_sequence(const std::string& name) const { return sequences_.contains(name); }

  // Index into `stacks`. Throws Error(kUsage) for an unknown name; "" is the only or first stack.
  int stack_index(const std::string& name) const;

 private:
  std::map<std::string, std::shared_ptr<const TokenSequence>> sequences_;
};

// The object `trace` of a trace file's metadata (docs/formats.md), format 2.
std::string trace_info_json(const TraceInfo& info);

// "L2H0" where there is one stack, else "encoder.L2H0".
std::string head_name(std::span<const StackInfo> stacks, HeadRef head);
// The inverse; a bare "L2H0" means `stack`. Throws Error(kUsage) for what is no head's name and for
// a stack, layer or head that is not there.
HeadRef parse_head(const std::string& text, std::span<const StackInfo> stacks, int stack = 0);
// Throws Error(kUsage) naming what there is.
void check_head(std::span<const StackInfo> stacks, HeadRef head);
// All heads in (stack, layer, head) order; of one stack.
std::vector<HeadRef> all_heads(std::span<const StackInfo> stacks);
std::vector<HeadRef> all_heads(std::span<const StackInfo> stacks, int stack);

// The heads of one stack with the name of that stack: what sums and reports keep, which outlive
// the trace.
struct StackHeads {
  int stack = 0;              // index in TraceInfo::stacks
  std::string name;           // "decoder"; "" where the model has one stack
  std::vector<HeadId> heads;  // in (layer, head) order
  bool square = true;         // StackInfo::square()

  friend bool operator==(const StackHeads&, const StackHeads&) = default;
};
// Throws Error(kUsage) for a stack that is not there.
StackHeads heads_of(std::span<const StackInfo> stacks, int stack = 0);
// "decoder.L2H0"; "L2H0" where `stack` is "".
std::string head_name(const std::string& stack, HeadId head);

}  // namespace headscope
