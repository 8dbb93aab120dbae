// One query of one head and all keys: what neuron figures and their numbers are made of.
#pragma once

#include <optional>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/view_state.h"

namespace headscope {

struct NeuronParts {
  HeadRef head;
  int64_t row = 0;  // the query: the chosen or pinned one, else the first word; causal: the last
  std::vector<float> query, key;       // [Dh], [M, Dh]
  bool rotated = true;                 // false: both are before their rotary embedding
  std::vector<float> weights, scores;  // [M]; masked keys: 0, −infinity
  std::vector<float> bias;             // [M]; what the rule adds by position
  bool biased = false;                 // bias or mask are more than 0 everywhere
  double logsumexp = 0;
  std::optional<double> sink;  // share of the row

  // Neuron `d` of the elementwise product of the query and a key.
  double product(size_t key_token, size_t d) const {
    return static_cast<double>(query[d]) * static_cast<double>(key[key_token * query.size() + d]);
  }
};
// Throws Error(kUsage): several heads, a pin outside; HS-CAP-01 where the layer holds maps alone.
NeuronParts neuron_parts(const AttentionSource& source, const ViewState& state);

// The chosen or pinned token of a side (neuron_pins); throws Error(kUsage) for one outside
// `tokens`.
std::optional<int64_t> pinned_token(const ViewState& state, PinSide side, int64_t tokens);

}  // namespace headscope
