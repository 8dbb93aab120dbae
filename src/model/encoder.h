// Encoder: the weights of a stack of blocks, checked and packed, and what turns ids into its input.
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
#include "kernels/layer_norm.h"
#include "kernels/linear.h"
#include "model/checked_weights.h"
#include "model/config.h"
#include "model/family.h"

namespace headscope {

struct NormWeights {
  Buffer gamma, beta;  // [D]
  float eps = 0;
  Norm view() const { return {gamma.data(), beta.data(), eps}; }
};
NormWeights load_norm(const CheckedWeights& weights, const std::string& name, int64_t width,
                      float eps);
Linear load_linear(const CheckedWeights& weights, const std::string& name, int64_t out, int64_t in,
                   Buffer& scratch);

struct LayerWeights {
  Linear qkv;               // [3·D, D]: query, key, value
  Linear attention_output;  // [D, D]
  NormWeights attention_norm;
  Linear inner;   // [F, D]
  Linear output;  // [D, F]
  NormWeights output_norm;
};

class Encoder {
 public:
  // Throws Error(kBadInput) naming the tensor. Progress: one step a layer, and one more.
  Encoder(ModelConfig config, const FamilyNames& names, std::shared_ptr<const WeightStore> store,
          const RunControl& control = {});

  const ModelConfig& config() const { return config_; }
  const LayerWeights& layer(int64_t l) const { return layers_[static_cast<size_t>(l)]; }
  const NormWeights& embedding_norm() const { return embedding_norm_; }
  const float* words() const { return store_->data(words_name_); }  // [V, D], in the mapping
  const std::string& words_name() const { return words_name_; }
  const float* positions() const { return positions_.data(); }  // [positions, D]
  const float* segments() const { return segments_.data(); }    // [segments, D]

  // The layer's heads' Gram matrices for value_norms (kernels/attention.h), head after head. Made
  // at first need. Not thread-safe.
  const float* grams(int64_t layer) const;

  const WeightStore& store() const { return *store_; }
  const FamilyNames& names() const { return names_; }
  // The whole name of one of names()' entries in a layer, without ".weight".
  std::string layer_name(int64_t number, const char* name) const;
  // The prefix of this file's names: "bert." or "".
  const std::string& prefix() const { return prefix_; }

 private:
  LayerWeights load_layer(const CheckedWeights& weights, int64_t number, Buffer& scratch) const;

  ModelConfig config_;
  FamilyNames names_;
  std::shared_ptr<const WeightStore> store_;
  std::string prefix_, words_name_;
  Buffer positions_, segments_;
  NormWeights embedding_norm_;
  std::vector<LayerWeights> layers_;
  mutable std::vector<Buffer> grams_;  // [L], empty until needed
};

}  // namespace headscope
