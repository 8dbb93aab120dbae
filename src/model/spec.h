// What a model is, as data: sizes, and how each block is put together. A family's configuration
// reader fills it in; the loader and the forward pass know no family.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headscope/score_rule.h"
#include "kernels/activation.h"
#include "kernels/norm.h"

namespace headscope {

struct NormSpec {
  NormKind kind = NormKind::kLayer;
  float eps = 1e-12f;
  bool bias = true;
  bool one_plus = false;  // multiplies by 1 + w (Gemma)
};

// Where the normalisations of a block stand, f being attention or the feed-forward layer.
enum class NormPlacement {
  kAfter,   // x = norm(x + f(x))                (Vaswani et al. 2017, BERT)
  kBefore,  // x = x + f(norm(x))                (GPT-2, Llama)
  kBoth     // x = x + norm2(f(norm1(x)))        (Gemma 2)
};

// Rotary positions. Long texts may turn by other frequencies.
struct RopeSpec {
  double theta = 10000.0;
  int64_t dims = 0;                 // rotated leading dimensions of Dh
  bool interleaved = false;         // pairs (0,1), (2,3) …; else (i, i + dims/2)
  std::vector<double> frequencies;  // [dims/2]
  double factor = 1.0;              // multiplies cosine and sine

  // Texts longer than `original` tokens; 0: there is no other rule for them.
  int64_t original = 0;
  std::vector<double> long_frequencies;  // longrope
  double dynamic_factor = 0;             // dynamic: theta grows with the text; 0 = not dynamic

  // Of a text of `tokens` tokens, [dims/2].
  std::vector<double> frequencies_for(int64_t tokens) const;
  bool depends_on_length() const { return original > 0; }
  // Tokens that a text may have where the configuration counts `positions`: a dynamic rope is there
  // to stretch them by its factor.
  int64_t longest(int64_t positions) const {
    return static_cast<int64_t>(static_cast<double>(positions) * std::max(dynamic_factor, 1.0));
  }
  friend bool operator==(const RopeSpec&, const RopeSpec&) = default;
};

// A bias that attention adds to the scaled scores.
enum class PositionBias {
  kNone,
  kBuckets,       // a learned number a head and bucket of the distance, shared by all layers (T5)
  kAlibi,         // slope · j, a slope a head (Press et al. 2022, as BLOOM computes it)
  kDisentangled,  // from queries, keys and embeddings of the distance (He et al. 2021, DeBERTa)
  kRelativeKey    // q_i · e(i−j), or with q: … + k_j · e(i−j) (Shaw et al. 2018, in BERT)
};

struct AttentionSpec {
  // Keys and values come from the memory, the encoder's last hidden states; no mask, no rotation.
  bool cross = false;
  int64_t heads = 0;      // H
  int64_t kv_heads = 0;   // Hk; query head h reads key head h / (H / Hk)
  int64_t head_dim = 0;   // Dh
  int64_t value_dim = 0;  // of values and contexts
  ScoreRule rule;
  PositionBias bias = PositionBias::kNone;  // where rule.bias comes from
  std::optional<RopeSpec> rope;
  std::optional<NormSpec> qk_norm;  // of each head's query and key, before rotation
  bool qkv_bias = true;
  bool output_bias = true;

  void add_bias(PositionBias its);  // sets rule.bias too
  int64_t group() const { return heads / kv_heads; }
  int64_t query_width() const { return heads * head_dim; }
  int64_t key_width() const { return kv_heads * head_dim; }
  int64_t value_width() const { return kv_heads * value_dim; }
  int64_t qkv_width() const { return query_width() + key_width() + value_width(); }
  int64_t memory_width() const { return key_width() + value_width(); }
  // What is projected of a row of the stack itself.
  int64_t row_width() const { return cross ? query_width() : qkv_width(); }
  int64_t context_width() const { return heads * value_dim; }
};

struct FeedForwardSpec {
  int64_t inner = 0;  // F
  Activation activation = Activation::kGelu;
  bool gated = false;  // act(gate) · up
  bool bias = true;
  // A mixture of experts: a router picks `experts_used` of `experts` for each token (gpt-oss).
  int64_t experts = 0, experts_used = 0;
  float gate_limit = 0, gate_alpha = 1;
};

struct BlockSpec {
  AttentionSpec attention;
  std::optional<AttentionSpec> cross;  // follows attention, with a norm of its own
  FeedForwardSpec feed_forward;
  NormSpec norm;
  NormPlacement placement = NormPlacement::kAfter;
  bool attention_norm = true;        // false: attention reads x as it is (ModernBERT's first layer)
  bool parallel = false;             // x = x + attention(norm1(x)) + ff(norm2(x)) (GPT-NeoX)
  bool residual_after_norm = false;  // norm(x) + f(norm(x)) (a variant of BLOOM)
  int64_t weights_of = 0;            // the layer whose weights it has (ALBERT shares them)
  int64_t name_of = -1;              // the number in its tensors' names; -1: weights_of
  int64_t name() const { return name_of < 0 ? weights_of : name_of; }
};

// A picture of height × width pixels as tokens: a class token, then its squares row by row.
struct PatchSpec {
  int64_t channels = 3, height = 0, width = 0;
  int64_t side = 0;  // of a square, in pixels
  int64_t rows() const { return height / side; }
  int64_t columns() const { return width / side; }
  int64_t tokens() const { return rows() * columns() + 1; }
  int64_t square() const { return channels * side * side; }  // numbers of one
};

struct EmbeddingSpec {
  std::optional<PatchSpec> patches;  // what is read are pixels, no ids
  int64_t vocab = 0;                 // V
  int64_t width = 0;                 // of the tables; the model's own, or smaller with a projection
  int64_t position_rows = 0;         // of a learned table; 0: none
  int64_t position_offset = 0;       // row of the first token
  bool sinusoids = false;  // the table is computed: sines of all frequencies, then cosines
  // Tokens of this id have the row of their own number and are not counted (RoBERTa).
  std::optional<int64_t> uncounted_id;
  int64_t segments = 0;  // 0: none
  std::optional<NormSpec> norm;
  float scale = 1.0f;       // multiplies word embeddings
  bool projection = false;  // [D, width], to the model's width
  bool projection_bias = false;
};

// What predicts tokens from the last hidden states.
struct VocabularySpec {
  enum class Kind { kNone, kMasked, kNext } kind = Kind::kNone;
  bool required = false;   // the configuration says that the weights have it
  bool transform = false;  // norm(act(W·x + b)) first
  bool transform_bias = true;
  Activation activation = Activation::kGelu;
  NormSpec norm;
  int64_t width = 0;  // that the decoder reads
  float scale = 1;    // multiplies the hidden states first
  bool bias = false;
  bool bias_may_lack = false;  // without its tensor it is 0
  bool tied = true;            // without a tensor of its own it is the word embeddings
  float softcap = 0;           // of the logits; 0 = none
};

struct BucketSpec {
  int64_t count = 32, most_distance = 128;
  bool ahead = true;  // half of the buckets are for keys behind the query's own place
};

struct DisentangledSpec {
  bool content_to_position = false, position_to_content = false;
  bool shared = true;   // positions are projected by the content's query and key matrices
  int64_t buckets = 0;  // 0: distances as they are
  int64_t most_distance = 0;
  int64_t span = 0;   // rows of the table are 2·span
  bool norm = false;  // of the table
};

// One stack of blocks with its embeddings: a model, or a half of an encoder–decoder model.
struct ModelSpec {
  std::string family;        // "bert"
  int64_t width = 0;         // D
  int64_t memory_width = 0;  // of the encoder's hidden states that cross-attention reads
  int64_t positions = 0;     // tokens that a text may have
  int32_t start_id = -1;     // of a decoder: the token that stands first
  EmbeddingSpec embedding;
  std::vector<BlockSpec> blocks;
  std::optional<NormSpec> final_norm;
  VocabularySpec vocabulary;
  bool next_sentence = false;  // the family has a pooler and a next-sentence head
  BucketSpec buckets;
  DisentangledSpec disentangled;

  int64_t layers() const { return static_cast<int64_t>(blocks.size()); }
  const BlockSpec& block(int64_t layer) const { return blocks[static_cast<size_t>(layer)]; }
};

}  // namespace headscope
