// The forward pass: the rows of all texts of a batch stand one under the other, so that no padding
// is computed; attention alone knows where a text begins.
//
// A row's numbers do not depend on the batch or the number of threads
// (docs/decisions/020-matrix-products.md).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "headscope/run_control.h"
#include "headscope/runner.h"
#include "kernels/attention.h"
#include "kernels/buffer.h"
#include "kernels/rope.h"
#include "model/text_cache.h"
#include "model/transformer.h"

namespace headscope {

// Where the arrays of a layer's attention go, or of its cross-attention (M keys, the memory's rows;
// else M = N); a null pointer: that array is not kept.
struct KeptLayer {
  float* query = nullptr;       // [H, N, Dh], after rotation
  float* key = nullptr;         // [Hk, M, Dh], after rotation
  float* value = nullptr;       // [Hk, M, Dv]
  float* logsumexp = nullptr;   // [H, N]
  float* value_norm = nullptr;  // [H, M]
  float* sink = nullptr;        // [H, N] the sink's share of each row
  float* attention = nullptr;   // [H, N, M]
  float* bias = nullptr;  // by distance [H, 2N−1], slopes [H], dense [H, N, N]: see bias_size()
};
// Floats of KeptLayer::bias for a text of `tokens` tokens; 0 without a bias.
int64_t bias_size(const AttentionSpec& spec, int64_t tokens);

// What cross-attention reads: the encoder's last hidden states of a text, and each layer's keys and
// values of them, made at first need and kept for further passes.
struct Memory {
  const float* rows = nullptr;  // [M, De]
  int64_t tokens = 0;           // M
  std::vector<Buffer> layers;   // [L] of [M, Hk·Dh + Hk·Dv]
};

// One text of a batch, and what is to be kept of it.
struct PassText {
  std::span<const int32_t> ids;                      // [N]
  std::span<const int32_t> segments;                 // [N], or empty: all 0
  const std::vector<Ablation>* ablations = nullptr;  // null: none
  std::span<const KeptLayer> kept;                   // [L], or empty: nothing
  float* hidden = nullptr;                           // [L+1, N, D], or null
  // The tokens before `ids`, which are put there too; null: there are none. With it nothing is kept
  // by run(): keep() hands out what the cache has. The model must be causal.
  TextCache* cache = nullptr;
  const float* pixels = nullptr;  // [channels, height, width], of models that read pictures
  // Of a decoder: what it attends to, and the same of its cross-attention.
  Memory* memory = nullptr;
  const std::vector<Ablation>* cross_ablations = nullptr;
  std::span<const KeptLayer> cross_kept = {};

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
  // The tokens that choose how its products are computed (Transformer::products()): the source's
  // where there is one; of a text that grows those that it began with.
  int64_t deciding_tokens() const {
    if (memory) return memory->tokens;
    return cache && cache->size() > 0 ? cache->begun_with() : size();
  }
};

struct PassOptions {
  // Layers [first, end) are run; with first > 0 `start` holds their input [rows, D].
  int64_t first_layer = 0;
  int64_t end_layer = -1;  // −1: all
  const float* start = nullptr;
  // Rows of the batch that are wanted; empty: all. Nothing can be kept of the last layer then.
  std::vector<int64_t> asked;
  // The run ends with the last layer's attention weights: for what texts keep of it, and no output.
  bool only_weights = false;
};

class ForwardPass {
 public:
  // Rows that the feed-forward layers take at once: enough for full speed, few enough that the
  // inner rows stay in cache and take little memory.
  static constexpr int64_t kFeedForwardRows = 512;

  explicit ForwardPass(const Transformer& model) : model_(model) {}

  // The output of the last layer, after the final norm where the model has one, [rows or asked, D];
  // valid until the next run. All texts' products are of one kind (products()). Throws
  // Error(kBadInput): an id, segment or position that the model does not have; Error(kInterrupted).
  // Progress: one step a layer.
  const float* run(std::span<const PassText> texts, const PassOptions& options,
                   const RunControl& control);
  // What run() keeps of a text, of the tokens in its cache, but maps and hidden states. `text` has
  // the cache, `kept` and the ablations of the run, no ids.
  void keep(const PassText& text);

  // Bytes of the buffers that run() needs for this many rows, in texts of `tokens` rows, each of
  // which attends to a memory of `memory` rows.
  static int64_t workspace_bytes(const ModelSpec& spec, int64_t rows, int64_t tokens,
                                 int64_t memory = 0);

 private:
  struct Block {  // query rows of one text, counted from its first token
    size_t text;
    Range rows;
  };
  // One layer at work: its attention, or its cross-attention.
  struct Layer {
    int64_t number;
    const BlockSpec& block;
    const AttentionSpec& attention;
    std::shared_ptr<const LayerWeights> held;
    const AttentionWeights& weights;  // of `attention`
    const LayerWeights& rest;
  };
  Layer layer(int64_t number) const;
  Layer cross_layer(int64_t number) const;

  void lay_out(std::span<const PassText> texts);
  int64_t new_rows(size_t text) const;
  // Tokens of the text that are not among the rows of this run, and all of them.
  int64_t earlier(size_t text) const;
  int64_t tokens(size_t text) const { return earlier(text) + new_rows(text); }
  TextCache* cache_of(const Layer& layer, size_t text) const;  // null: its rows are this run's
  void embed(std::span<const PassText> texts);
  void embed_patches(std::span<const PassText> texts, const PatchSpec& spec);
  void keep_hidden(std::span<const PassText> texts, int64_t index);
  void gather(std::span<const int64_t> asked, int64_t width, Buffer& rows) const;
  void run_layer(std::span<const PassText> texts, const Layer& own, const PassOptions& options,
                 const RunControl& control);
  void attention_branch(std::span<const PassText> texts, const Layer& layer,
                        std::span<const int64_t> asked, bool ends, const RunControl& control);
  void feed_forward(const Layer& layer, const RunControl& control);
  void mix_experts(const Layer& layer, const float* x, int64_t rows, float* y);

  // forward_attention.cc
  HeadView head_view(std::span<const PassText> texts, const Layer& layer, size_t text,
                     int64_t head) const;
  void project(std::span<const PassText> texts, const Layer& layer, const float* input);
  void project_memory(std::span<const PassText> texts, const Layer& layer);
  const RopeTable& rope_table_of(const RopeSpec& rope, int64_t tokens);
  void ablate_queries(std::span<const PassText> texts, const Layer& layer);
  void ablate_contexts(std::span<const PassText> texts, const Layer& layer);
  void place_biases(std::span<const PassText> texts, const Layer& layer);
  void pack_heads(std::span<const PassText> texts, const Layer& layer);
  void store_rows(const Layer& layer);
  float* packed_head(std::span<const PassText> texts, const Layer& layer, size_t text,
                     int64_t head) const;
  void keep_head(std::span<const PassText> texts, size_t index, const Layer& layer, int64_t head);
  void attention(std::span<const PassText> texts, const Layer& layer, bool only_weights,
                 const RunControl& control);

  const Transformer& model_;
  std::vector<int64_t> first_;      // first row of each text
  std::vector<TextCache*> caches_;  // of each text, or null
  std::vector<int64_t> packed_;     // where its packed heads begin, in the layer at work
  std::vector<int64_t> biases_;     // where its biases begin, in the layer at work
  std::vector<Block> blocks_;
  int64_t deciding_ = 0;  // PassText::deciding_tokens() of the first text, as good as any other's
  int64_t rows_ = 0;      // of x_ now
  Buffer x_;              // [rows, D] the residual stream
  Buffer input_;          // [rows, D] normalised
  Buffer qkv_;            // [rows, query, key, value]; cross-attention: [rows, query]
  Buffer heads_;          // packed keys and values of every text's heads
  Buffer bias_;           // position biases of every text's heads, and slopes
  Buffer context_;        // [rows, H·Dv]
  Buffer branch_;         // [rows, D] what is added to x
  Buffer inner_;          // [rows of a step, 2·F], or F packed for a product
  Buffer gated_;          // [rows of a step, F]
  Buffer step_;           // [rows of a step, D]
  // By the frequencies that they were made of.
  std::map<std::pair<std::vector<double>, double>, RopeTable> ropes_;
};

}  // namespace headscope
