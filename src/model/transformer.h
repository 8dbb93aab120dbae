// Transformer: the weights of a stack of blocks, checked and packed, and what turns ids into its
// input.
//
// Word embeddings stay in the file's mapping: a text touches a few of their pages. Everything else
// is packed or copied and the file's pages are given back, so that the weights are in memory once.
#pragma once

#include <memory>
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

struct LayerWeights {
  NormWeights attention_norm, attention_post_norm;
  Linear qkv;                        // [H·Dh + Hk·Dh + Hk·Dv, D]: query, key, value
  Linear attention_output;           // [D, H·Dv]
  NormWeights query_norm, key_norm;  // [Dh]
  Buffer sinks;                      // [H]
  // Distance embeddings as queries and keys meet them, a product a head: [rows, Dh].
  std::vector<Linear> position_keys, position_queries;
  NormWeights feed_forward_norm, feed_forward_post_norm;
  Linear up;    // [F, D], or [2·F, D]: gate, then up
  Linear down;  // [D, F]
  Linear router;
  std::vector<ExpertWeights> experts;
};

class Transformer {
 public:
  // Throws Error(kBadInput) naming the tensor. Progress: one step a layer, and one more.
  Transformer(ModelSpec spec, const Family& family, std::shared_ptr<const WeightStore> store,
              const RunControl& control = {});

  const ModelSpec& spec() const { return spec_; }
  const LayerWeights& layer(int64_t l) const {
    return *layers_[static_cast<size_t>(spec_.block(l).weights_of)];
  }
  const float* words() const { return store_->data(words_name_); }  // [V, E], in the mapping
  const std::string& words_name() const { return words_name_; }
  const float* positions() const { return positions_.data(); }  // [position_rows, E]
  const float* segments() const { return segments_.data(); }    // [segments, E]
  const NormWeights& embedding_norm() const { return embedding_norm_; }
  const Linear& projection() const { return projection_; }  // [D, E], or empty
  const NormWeights& final_norm() const { return final_norm_; }
  const float* relative_bias() const { return relative_bias_.data(); }  // [buckets, H]

  // The layer's heads' Gram matrices for value_norms (kernels/attention.h), head after head. Made
  // at first need. Not thread-safe.
  const float* grams(int64_t layer) const;

  const WeightTable& table() const { return table_; }
  const WeightStore& store() const { return *store_; }

 private:
  void load_embeddings();
  std::unique_ptr<LayerWeights> load_layer(int64_t number, Buffer& scratch) const;
  void load_attention(const BlockSpec& block, int64_t number, Buffer& scratch,
                      LayerWeights& layer) const;
  void load_feed_forward(const BlockSpec& block, int64_t number, Buffer& scratch,
                         LayerWeights& layer) const;
  void load_experts(const FeedForwardSpec& spec, int64_t number, Buffer& scratch,
                    LayerWeights& layer) const;
  void load_position_products(const AttentionSpec& spec, int64_t number, Buffer& scratch,
                              LayerWeights& layer) const;

  ModelSpec spec_;
  std::shared_ptr<const WeightStore> store_;
  WeightTable table_;
  std::string words_name_;
  Buffer positions_, segments_, relative_bias_;
  Buffer relative_table_;  // [2·span, D], normalised; empty once every layer has its products
  NormWeights embedding_norm_, final_norm_;
  Linear projection_;
  std::vector<std::unique_ptr<LayerWeights>> layers_;  // null where a layer reads another's
  mutable std::vector<Buffer> grams_;                  // [L], empty until needed
};

}  // namespace headscope
