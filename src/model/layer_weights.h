// The weights of one block, packed.
#pragma once

#include <optional>
#include <vector>

#include "kernels/buffer.h"
#include "kernels/linear.h"
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

}  // namespace headscope
