// ScoreRule: how one layer turns a product q·k into an attention score. The forward pass, tiles,
// the neuron view and vectors captured from another program obey the same rule.
//
//   s[i,j] = scale · q_i·k_j
//   s      = softcap · tanh(s / softcap)          where there is a soft cap
//   s[i,j] = s[i,j] + bias(i,j) + mask(i,j)
//   A[i,j] = exp(s[i,j] − lse_i),  lse_i = log(exp(sink) + Σ_j exp(s[i,j]))
//
// The bias comes before or behind the cap (BiasOrder). A sink is one learned logit a head that
// joins every row (Xiao et al. 2023; gpt-oss): a row then sums to less than 1.
#pragma once

#include <cstdint>
#include <optional>

#include "headscope/tensor.h"

namespace headscope {

enum class MaskKind { kNone, kCausal, kWindow, kDense };

struct MaskInfo {
  MaskKind kind = MaskKind::kNone;
  int64_t left = -1;  // window: query i sees keys i-left … i+right; -1 = unlimited
  int64_t right = -1;
  int64_t key_length = -1;  // keys at and beyond it are padding; -1 = none

  friend bool operator==(const MaskInfo&, const MaskInfo&) = default;
};

// What the model adds to a score by position.
enum class BiasKind {
  kNone,
  kDistance,  // one number a head and distance j − i (T5)
  kDense,     // one number a head, query and key
  kAlibi  // slope of the head · j (Press et al. 2022; a row's constant slope · i changes nothing)
};

// The values are the `rule` of a trace file.
enum class BiasOrder {
  kAfterCap = 1,  // trace files of format 1
  kBeforeCap = 2
};

struct ScoreRule {
  float scale = 0.0f;            // a finite number
  std::optional<float> softcap;  // above 0
  BiasOrder order = BiasOrder::kBeforeCap;
  BiasKind bias = BiasKind::kNone;
  MaskInfo mask;
  bool sinks = false;  // the log-sum-exp includes a sink logit

  friend bool operator==(const ScoreRule&, const ScoreRule&) = default;
};

// Keys that causal, window and padding masks let query `row` see, of M keys. Dense masks hide keys
// by numbers of their own.
Range visible_keys(const MaskInfo& mask, int64_t row, int64_t keys);

// The first token of a causal layer is where heads rest, as on the special tokens of an encoder:
// tiles and statistics count it as special.
bool first_key_rests(const MaskInfo& mask);

}  // namespace headscope
