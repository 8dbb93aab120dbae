// What a model is, as data: sizes, and how a block is put together. A new family fills in other
// values; the forward pass stays as it is.
#pragma once

#include <cstdint>
#include <string>

#include "headscope/trace_info.h"
#include "io/model_files.h"
#include "kernels/activation.h"

namespace headscope {

// Where the normalisations of a block stand. kAfter: x = norm(x + f(x)) (Vaswani et al. 2017,
// BERT); kBefore: x = x + f(norm(x)), with one more norm behind the last block (GPT-2, ViT).
enum class NormPlacement { kAfter, kBefore };

struct BlockConfig {
  int64_t width = 0;  // D
  int64_t heads = 0;  // H
  int64_t inner = 0;  // F
  Activation activation = Activation::kGelu;
  NormPlacement norm = NormPlacement::kAfter;
  float norm_eps = 1e-12f;
  MaskInfo mask;  // none, causal or window

  int64_t head_width() const { return width / heads; }  // Dh
  float scale() const;                                  // 1/√Dh
};

struct ModelConfig {
  std::string family;  // "bert"
  BlockConfig block;
  int64_t layers = 0;     // L
  int64_t vocab = 0;      // V
  int64_t positions = 0;  // learned, absolute
  int64_t segments = 0;
};

// Reads BERT's config.json. Throws Error(kBadInput): a field missing or out of range, heads that do
// not divide the width, HS-MODEL-02 where headscope cannot run what the file describes.
ModelConfig read_bert_config(const ModelConfigFile& file);

}  // namespace headscope
