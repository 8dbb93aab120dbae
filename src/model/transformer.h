// Transformer: the weights of a stack of blocks, checked and packed, and what turns ids into its
// input.
//
// Word embeddings stay in the file: a text reads a few of their rows. Everything else is packed or
// copied and the file's pages are given back. A streamed model keeps no layer
// (model/packed_layers.h).
//
// Where the processor has tiles, float32 is computed in two ways: a short text's products with
// vectors, a longer one's in tiles, each from a packing of its own. The tokens of one text choose,
// never the batch, so that a text's bits are its own
// (docs/decisions/288-float32-in-tiles-for-longer-texts.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headscope/run_control.h"
#include "io/weight_store.h"
#include "kernels/buffer.h"
#include "kernels/linear.h"
#include "model/layer_weights.h"
#include "model/packed_layers.h"
#include "model/spec.h"
#include "model/weight_table.h"

namespace headscope {

// Bytes of a model's weights as packed, word embeddings and heads apart.
struct WeightBytes {
  int64_t once = 0;           // what belongs to no layer
  int64_t layers = 0;         // all of them
  int64_t second = 0;         // all of them once more, for longer texts; 0: there is one packing
  int64_t widest_layer = 0;   // the largest of them as float32
  int64_t widest_packed = 0;  // and packed
};

// Which packed layers stay in memory once they are read: none, those that short texts use, or all.
enum class Residence { kNone, kOfShortTexts, kAll };

class Transformer {
 public:
  // Checks names and shapes of all tensors and reads no number. Throws Error(kBadInput) naming the
  // tensor.
  // `precision`: of the layers' matrices; those that make embeddings and distances, and a router's,
  // are float32 in any case.
  Transformer(ModelSpec spec, const Family& family, std::shared_ptr<const WeightStore> store,
              Precision precision = Precision::kF32);

  WeightBytes weight_bytes() const;
  // Reads the weights; once, before anything below is used. Layers are read now where all stay and
  // there is one packing of them, else by the first run that needs them. Progress: one step a
  // layer, and one more.
  void load(Residence residence = Residence::kAll, const RunControl& control = {});

  const ModelSpec& spec() const { return spec_; }
  bool is_streamed() const { return residence_ == Residence::kNone; }
  Precision precision() const { return kinds_[0].precision; }
  // How the products of a text of this many tokens are computed.
  ProductKind products(int64_t tokens) const { return kinds_[packing_of(tokens)]; }
  // PackedLayers::layer() and ahead() of layer `l`, as a text of this many tokens needs it. Throws
  // Error(kBadInput): a number that is not finite.
  std::shared_ptr<const LayerWeights> layer(int64_t l, int64_t tokens) const;
  void ahead(int64_t l, int64_t tokens) const;
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
  // Where matrices are joined, and for which products they are packed.
  struct Packing {
    ProductKind kind;
    Buffer& scratch;
  };
  size_t packing_of(int64_t tokens) const;
  PackedLayers& packed_for(int64_t tokens) const;
  std::unique_ptr<LayerWeights> load_layer(int64_t number, const Packing& packing) const;
  AttentionWeights load_attention(const BlockSpec& block, const AttentionSpec& spec, int64_t number,
                                  const Packing& packing) const;
  void load_feed_forward(const BlockSpec& block, int64_t number, const Packing& packing,
                         LayerWeights& layer) const;
  void load_experts(const FeedForwardSpec& spec, int64_t number, const Packing& packing,
                    LayerWeights& layer) const;
  void load_position_products(const AttentionSpec& spec, int64_t number, Buffer& scratch,
                              AttentionWeights& weights) const;

  ModelSpec spec_;
  std::shared_ptr<const WeightStore> store_;
  WeightTable table_;
  std::vector<ProductKind> kinds_;  // of short texts, and, where it is another, of longer ones
  std::string words_name_;
  Buffer positions_, segments_, relative_bias_;
  Buffer relative_table_;  // [2·span, D], normalised; empty once every layer has its products
  Residence residence_ = Residence::kAll;
  NormWeights embedding_norm_, final_norm_;
  Linear projection_, patches_;
  Buffer class_token_;
  mutable std::vector<Buffer> grams_, cross_grams_;  // [L], empty until needed
  mutable std::vector<PackedLayers> packings_;       // of each of kinds_
};

}  // namespace headscope
