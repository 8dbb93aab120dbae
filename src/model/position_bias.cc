#include "model/position_bias.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"

namespace headscope {

void AttentionSpec::add_bias(PositionBias its) {
  bias = its;
  switch (its) {
    case PositionBias::kNone:
      rule.bias = BiasKind::kNone;
      break;
    case PositionBias::kBuckets:
      rule.bias = BiasKind::kDistance;
      break;
    case PositionBias::kAlibi:
      rule.bias = BiasKind::kAlibi;
      break;
    case PositionBias::kDisentangled:
    case PositionBias::kRelativeKey:
      rule.bias = BiasKind::kDense;
      break;
  }
}

bool uses(const ModelSpec& spec, PositionBias bias) {
  return std::any_of(spec.blocks.begin(), spec.blocks.end(),
                     [&](const BlockSpec& block) { return block.attention.bias == bias; });
}

int64_t bucket_of(const BucketSpec& spec, int64_t distance) {
  const int64_t half = spec.ahead ? spec.count / 2 : spec.count, exact = half / 2;
  const int64_t side = spec.ahead && distance > 0 ? half : 0;
  const int64_t far = spec.ahead ? std::abs(distance) : std::max<int64_t>(-distance, 0);
  if (far < exact) return side + far;
  // In float32, as the reference: where a quotient is just below a whole number it counts.
  const float share = std::log(static_cast<float>(far) / static_cast<float>(exact)) /
                      static_cast<float>(std::log(static_cast<double>(spec.most_distance) /
                                                  static_cast<double>(exact)));
  const auto more = static_cast<int64_t>(share * static_cast<float>(half - exact));
  return side + std::min(exact + more, half - 1);
}

std::vector<float> bucket_bias(const BucketSpec& spec, const float* table, int64_t heads,
                               int64_t tokens) {
  const int64_t width = 2 * tokens - 1;
  std::vector<float> bias(static_cast<size_t>(heads * width));
  for (int64_t at = 0; at < width; ++at) {
    const float* row = table + bucket_of(spec, at - (tokens - 1)) * heads;
    for (int64_t h = 0; h < heads; ++h) bias[static_cast<size_t>(h * width + at)] = row[h];
  }
  return bias;
}

std::vector<float> alibi_slopes(int64_t heads) {
  int64_t power = 1;  // the largest power of two that is no more than heads
  while (2 * power <= heads) power *= 2;
  std::vector<float> slopes;
  const double base = std::exp2(-8.0 / static_cast<double>(power));
  for (int64_t h = 1; h <= power; ++h) {
    slopes.push_back(static_cast<float>(std::pow(base, static_cast<double>(h))));
  }
  const double between = std::exp2(-4.0 / static_cast<double>(power));
  for (int64_t h = 1; std::ssize(slopes) < heads; h += 2) {
    slopes.push_back(static_cast<float>(std::pow(between, static_cast<double>(h))));
  }
  return slopes;
}

namespace {

// Distances beyond half the buckets share them by their logarithm (DeBERTa v2).
int64_t log_bucket(int64_t distance, int64_t buckets, int64_t most) {
  const int64_t middle = buckets / 2, far = std::abs(distance);
  if (far <= middle) return distance;
  // In float32, as the reference.
  const float share =
      std::log(static_cast<float>(far) / static_cast<float>(middle)) /
      std::log(static_cast<float>(static_cast<double>(most - 1) / static_cast<double>(middle)));
  const auto row = static_cast<int64_t>(std::ceil(share * static_cast<float>(middle - 1))) + middle;
  return distance < 0 ? -row : row;
}

}  // namespace

std::vector<int64_t> distance_rows(const ModelSpec& spec, PositionBias bias, int64_t tokens) {
  const DisentangledSpec& table = spec.disentangled;
  std::vector<int64_t> rows;
  for (int64_t distance = 1 - tokens; distance < tokens; ++distance) {
    if (bias == PositionBias::kRelativeKey) {
      rows.push_back(distance + spec.positions - 1);
      continue;
    }
    const int64_t row =
        table.buckets > 0 ? log_bucket(distance, table.buckets, table.most_distance) : distance;
    rows.push_back(std::clamp<int64_t>(row + table.span, 0, 2 * table.span - 1));
  }
  return rows;
}

void distance_bias(const DistanceProducts& products, const std::vector<int64_t>& rows,
                   const float* query, const float* key, int64_t stride, int64_t tokens,
                   float* bias) {
  Buffer dense, product;
  const auto multiply = [&](const Linear* linear, const float* from) -> const float* {
    if (!linear) return nullptr;
    const int64_t width = linear->in();
    float* to = dense.reserve(static_cast<size_t>(tokens * width));
    for (int64_t i = 0; i < tokens; ++i) std::copy_n(from + i * stride, width, to + i * width);
    linear->apply(to, tokens, product.reserve(static_cast<size_t>(tokens * linear->out())));
    return product.data();
  };
  const auto row_of = [&](int64_t i, int64_t j) {
    return rows[static_cast<size_t>(i - j + tokens - 1)];
  };
  const float* content = multiply(products.keys, query);  // [N, rows]
  parallel_for(tokens, [&](int64_t i) {
    const float* of_row = content ? content + i * products.keys->out() : nullptr;
    for (int64_t j = 0; j < tokens; ++j) {
      bias[i * tokens + j] = of_row ? of_row[row_of(i, j)] * products.scale : 0.0f;
    }
  });
  const float* position = multiply(products.queries, key);
  if (!position) return;
  parallel_for(tokens, [&](int64_t i) {
    for (int64_t j = 0; j < tokens; ++j) {
      bias[i * tokens + j] += position[j * products.queries->out() + row_of(i, j)] * products.scale;
    }
  });
}

}  // namespace headscope
