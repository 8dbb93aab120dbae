#include "trace/array_layers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr double kSumTolerance = 5e-3;  // of rows of half-precision weights

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string out = "[";
  for (const int64_t dim : shape) out += (out.size() > 1 ? "," : "") + std::to_string(dim);
  return out + "]";
}

}  // namespace

void refuse_array(const std::string& what, const std::string& got, const std::string& expected,
                  const std::string& action) {
  throw Error(ErrorCode::kBadInput, what + ": " + got, expected, action, "HS-ARR-01");
}

ArrayLayer layer_of(NamedArray array, const ArrayOptions& options) {
  const std::vector<int64_t>& shape = array.shape;
  if (shape.size() != 3 && shape.size() != 4) {
    refuse_array(array.name, std::to_string(shape.size()) + " dimensions, " + shape_text(shape),
                 "[batch, heads, queries, keys] or [heads, queries, keys]");
  }
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] < 1) {
      refuse_array(array.name,
                   shape_text(shape) + ", of which dimension " + std::to_string(d) + " is 0",
                   "at least 1");
    }
  }
  const bool batched = shape.size() == 4;
  const int64_t batch = batched ? shape[0] : 1;
  if (batch > 1 && !options.batch) {
    refuse_array(array.name, "a batch of " + std::to_string(batch) + " in " + shape_text(shape),
                 "one text", "Choose it with --batch 0 … " + std::to_string(batch - 1));
  }
  const int64_t chosen = options.batch.value_or(0);
  if (chosen < 0 || chosen >= batch) {
    refuse_array(array.name, "batch " + std::to_string(chosen),
                 "0 to " + std::to_string(batch - 1));
  }
  const size_t first = batched ? 1 : 0;
  ArrayLayer out{array.name, shape[first], shape[first + 1], shape[first + 2], {}};
  const int64_t size = out.heads * out.queries * out.keys;
  const auto begin = array.values.begin() + chosen * size;
  out.values.assign(begin, begin + size);
  return out;
}

std::vector<ArrayLayer> layers_of_one(NamedArray array, const ArrayOptions& options) {
  const std::vector<int64_t> shape = array.shape;
  if (shape.size() != 4) {
    refuse_array(array.name, std::to_string(shape.size()) + " dimensions, " + shape_text(shape),
                 "[layers, heads, queries, keys]",
                 "One file a layer is [batch, heads, queries, keys] each");
  }
  if (options.batch) {
    refuse_array(array.name,
                 "--batch with one array " + shape_text(shape) +
                     ", whose first dimension is "
                     "layers",
                 "one file a layer for --batch");
  }
  if (std::min({shape[0], shape[1], shape[2], shape[3]}) < 1) {
    refuse_array(array.name, "the empty array " + shape_text(shape), "at least one of each");
  }
  std::vector<ArrayLayer> out;
  const int64_t size = shape[1] * shape[2] * shape[3];
  for (int64_t l = 0; l < shape[0]; ++l) {
    const auto begin = array.values.begin() + l * size;
    out.push_back({array.name + ", layer " + std::to_string(l),
                   shape[1],
                   shape[2],
                   shape[3],
                   {begin, begin + size}});
  }
  return out;
}

void check_lengths(const std::vector<ArrayLayer>& layers) {
  for (const ArrayLayer& layer : layers) {
    const auto differs = [&](const char* what, int64_t got, int64_t expected) {
      if (got == expected) return;
      refuse_array(layer.name,
                   std::to_string(got) + " " + what + " in [heads, queries, keys] = " +
                       shape_text({layer.heads, layer.queries, layer.keys}),
                   std::to_string(expected) + ", as " + layers.front().name + " has");
    };
    differs("queries", layer.queries, layers.front().queries);
    differs("keys", layer.keys, layers.front().keys);
  }
}

void make_weights(ArrayLayer& layer, ArrayKind kind) {
  const auto width = static_cast<size_t>(layer.keys);
  for (size_t row = 0; row * width < layer.values.size(); ++row) {
    float* values = layer.values.data() + row * width;
    const auto where = [&] {
      const auto head = static_cast<int64_t>(row) / layer.queries;
      return layer.name + ", head " + std::to_string(head) + ", query " +
             std::to_string(static_cast<int64_t>(row) % layer.queries);
    };
    double sum = 0, most = -std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < width; ++j) {
      const auto v = static_cast<double>(values[j]);
      const bool masked =
          kind == ArrayKind::kScores && v == -std::numeric_limits<double>::infinity();
      if (!std::isfinite(v) && !masked) {
        refuse_array(where(),
                     "the value " + std::string(std::isnan(v) ? "NaN" : "infinity") + " at key " +
                         std::to_string(j),
                     "finite numbers");
      }
      if (v < 0 && kind != ArrayKind::kScores) {
        refuse_array(where(),
                     "the negative weight " + std::to_string(v) + " at key " + std::to_string(j),
                     "weights of at least 0", "Scores before softmax: --kind scores");
      }
      sum += v;
      most = std::max(most, v);
    }
    if (kind == ArrayKind::kScores) {
      if (!std::isfinite(most))
        refuse_array(where(), "a row that is masked whole", "a key to attend to");
      sum = 0;
      for (size_t j = 0; j < width; ++j) sum += std::exp(static_cast<double>(values[j]) - most);
      for (size_t j = 0; j < width; ++j) {
        values[j] = static_cast<float>(std::exp(static_cast<double>(values[j]) - most) / sum);
      }
    } else if (kind == ArrayKind::kWeights && std::abs(sum - 1) > kSumTolerance) {
      char text[32];
      std::snprintf(text, sizeof text, "%.4f", sum);
      refuse_array(where(), "a row that sums to " + std::string(text), "1 ± 0.005",
                   "Give --kind scores for numbers before softmax, --kind unnormalised for others");
    }
  }
}

}  // namespace headscope
