// Transformer: the weights of a stack of blocks, checked and packed, and what turns ids into its
// input.
//
// Word embeddings stay in the file: a text reads a few of their rows. Everything else is packed or
// copied and the file's pages are given back, so that the weights are in memory once. A streamed
// model keeps no layer: each is read, dequantised and packed by a thread of its own while the one
// before it is at work, and freed after its use (docs/decisions/200-layers-that-are-streamed.md).
#pragma once

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/run_control.h"
#include "io/weight_store.h"
#include "kernels/buffer.h"
#include "kernels/linear.h"
#include "model/spec.h"
#include "model/weight_table.h"

namespace headscope {

struct ExpertWeights {
  Linear up;    // [2·F, D]: gate, then up
  Linear down;  // [D, F]
};

struct AttentionWeights {
  NormWeights norm, post_norm;
  Linear qkv;     // [H·Dh + Hk·Dh + Hk·Dv, D]: query, key, value; of cross-attention query alone
  Linear memory;  // of cross-attention [Hk·Dh + Hk·Dv, De]: key, value
  Linear output;  // [D, H·Dv]
  NormWeights query_norm, key_norm;  // [Dh]
  Buffer sinks;                      // [H]
  // Distance embeddings as queries and keys meet them, a product a head: [rows, Dh].
  std::vector<Linear> position_keys, position_queries;
};

struct LayerWeights {
  AttentionWeights attention;
  std::optional<AttentionWeights> cross;
  NormWeights feed_forward_norm, feed_forward_post_norm;
  Linear up;    // [F, D], or [2·F, D]: gate, then up
  Linear down;  // [D, F]
  Linear router;
  std::vector<ExpertWeights> experts;
};

// Bytes of a model's weights as packed, word embeddings and heads apart.
struct WeightBytes {
  int64_t once = 0;          // what belongs to no layer
  int64_t layers = 0;        // all of them
  int64_t widest_layer = 0;  // the largest of them
};

class Transformer {
 public:
  // Checks names and shapes of all tensors and reads no number. Throws Error(kBadInput) naming the
  // tensor.
  // `precision`: of the layers' matrices; those that make embeddings and distances, and a router's,
  // are float32 in any case.
  Transformer(ModelSpec spec, const Family& family, std::shared_ptr<const WeightStore> store,
              Precision precision = Precision::kF32);

  WeightBytes weight_bytes() const;
  // Reads the weights, those of the layers only where they are not `streamed`; once, before
  // anything below is used. Progress: one step a layer, and one more.
  void load(bool streamed, const RunControl& control = {});

  const ModelSpec& spec() const { return spec_; }
  bool is_streamed() const { return streamed_; }
  ProductKind products() const { return products_; }
  // A streamed layer lives as long as it is held; it is waited for, or read now where ahead() did
  // not ask for it. Throws Error(kBadInput): a number that is not finite.
  std::shared_ptr<const LayerWeights> layer(int64_t l) const;
  // Begins to read a streamed layer; returns at once. One at a time.
  void ahead(int64_t l) const;
  // The embedding of one word, [E].
  void word_row(int64_t id, float* out) const {
    table_.read_rows(words_name_, id, 1, spec_.embedding.width, out);
  }
  const std::string& words_name() const { return words_name_; }
  const float* positions() const { return positions_.data(); }  // [position_rows, E]
  const float* segments() const { return segments_.data(); }    // [segments, E]
  const NormWeights& embedding_norm() const { return embedding_norm_; }
  const Linear& patches() const { return patches_; }                // [D, square], of pictures
  const float* class_token() const { return class_token_.data(); }  // [D]
  const Linear& projection() const { return projection_; }          // [D, E], or empty
  const NormWeights& final_norm() const { return final_norm_; }
  const float* relative_bias() const { return relative_bias_.data(); }  // [buckets, H]

  // The Gram matrices for value_norms (kernels/attention.h) of the heads of a layer's attention, or
  // cross-attention, head after head. Made at first need. Not thread-safe.
  const float* grams(int64_t layer, bool cross) const;

  const WeightTable& table() const { return table_; }
  const WeightStore& store() const { return *store_; }

 private:
  void load_embeddings();
  void load_once();
  void check_words() const;
  void load_patches(const PatchSpec& spec);
  std::unique_ptr<LayerWeights> load_layer(int64_t number, Buffer& scratch) const;
  AttentionWeights load_attention(const BlockSpec& block, const AttentionSpec& spec, int64_t number,
                                  Buffer& scratch) const;
  void load_feed_forward(const BlockSpec& block, int64_t number, Buffer& scratch,
                         LayerWeights& layer) const;
  void load_experts(const FeedForwardSpec& spec, int64_t number, Buffer& scratch,
                    LayerWeights& layer) const;
  void load_position_products(const AttentionSpec& spec, int64_t number, Buffer& scratch,
                              AttentionWeights& weights) const;

  ModelSpec spec_;
  std::shared_ptr<const WeightStore> store_;
  WeightTable table_;
  ProductKind products_;
  std::string words_name_;
  Buffer positions_, segments_, relative_bias_;
  Buffer relative_table_;  // [2·span, D], normalised; empty once every layer has its products
  bool streamed_ = false;
  NormWeights embedding_norm_, final_norm_;
  Linear projection_, patches_;
  Buffer class_token_;
  // [L] null where a layer reads another's; empty where they are streamed.
  std::vector<std::shared_ptr<const LayerWeights>> layers_;
  mutable std::vector<Buffer> grams_, cross_grams_;  // [L], empty until needed
  // Of a streamed model: the layer that was given last, and the one that is being read.
  struct Coming {
    int64_t layer = -1;
    std::future<std::shared_ptr<const LayerWeights>> weights;
  };
  mutable int64_t given_ = -1;
  mutable std::weak_ptr<const LayerWeights> last_;
  mutable Coming coming_;
};

}  // namespace headscope
