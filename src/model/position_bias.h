// Biases that attention adds to its scaled scores, from the distance of query and key.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/buffer.h"
#include "kernels/linear.h"
#include "model/spec.h"

namespace headscope {

// Whether any layer has this bias.
bool uses(const ModelSpec& spec, PositionBias bias);

// The bucket of T5's relative positions of distance j − i; all keys ahead share that of distance 0
// where the spec has no buckets for them.
int64_t bucket_of(const BucketSpec& spec, int64_t distance);
// table [buckets, H] → bias [H, 2·tokens − 1] by j − i + tokens − 1.
std::vector<float> bucket_bias(const BucketSpec& spec, const float* table, int64_t heads,
                               int64_t tokens);

// The slopes of ALiBi, one a head (Press et al. 2022, for any number of heads).
std::vector<float> alibi_slopes(int64_t heads);

// Rows of the distance embeddings by i − j + tokens − 1, [2·tokens − 1].
std::vector<int64_t> distance_rows(const ModelSpec& spec, PositionBias bias, int64_t tokens);

// bias[i,j] = scale · (q_i · K[row(i−j)] + k_j · Q[row(i−j)]), [N, N]; a null product leaves its
// term out. query, key [N, Dh], `stride` floats apart.
struct DistanceProducts {
  const Linear* keys = nullptr;
  const Linear* queries = nullptr;
  float scale = 1;
};
void distance_bias(const DistanceProducts& products, const std::vector<int64_t>& rows,
                   const float* query, const float* key, int64_t stride, int64_t tokens,
                   float* bias);

}  // namespace headscope
