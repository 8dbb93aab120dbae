// Arrays of other programs as the layers of a stack, checked: every error names the file, the layer
// and the dimension, head or query that is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headscope/attention_arrays.h"

namespace headscope {

// An array as a file has it, row-major.
struct NamedArray {
  std::string name;  // of the file, and of the tensor in it
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// One layer's maps.
struct ArrayLayer {
  std::string name;  // that errors call it by
  int64_t heads = 0, queries = 0, keys = 0;
  std::vector<float> values;  // [heads, queries, keys]
};

// Throws Error(kBadInput, "HS-ARR-01"): "WHAT: GOT; expected EXPECTED. ACTION".
[[noreturn]] void refuse_array(const std::string& what, const std::string& got,
                               const std::string& expected, const std::string& action = {});

// One file a layer, [batch, heads, queries, keys] or [heads, queries, keys]: the wanted element of
// the batch.
ArrayLayer layer_of(NamedArray array, const ArrayOptions& options);
// One file for all layers, [layers, heads, queries, keys].
std::vector<ArrayLayer> layers_of_one(NamedArray array, const ArrayOptions& options);
// Layers must agree in queries and keys; heads may differ.
void check_lengths(const std::vector<ArrayLayer>& layers);
// The rows as weights: scores through softmax, weights must sum to 1 within 0.005.
void make_weights(ArrayLayer& layer, ArrayKind kind);

}  // namespace headscope
