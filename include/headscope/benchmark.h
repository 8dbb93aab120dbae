// How fast a model runs here, beside the least that its matrix products alone can take.
//
// The bound of a shape is the sum over every matrix product of the pass at its real shape, q·kᵀ and
// a·v included, each layer with its own packed weights, in alternation with the passes that it is
// compared with. What separates a pass from it is everything else: softmax, normalisation,
// activation, copies, waiting threads.
#pragma once

#include <cstdint>
#include <vector>

#include "headscope/model.h"

namespace headscope {

struct BenchmarkOptions {
  std::vector<int64_t> tokens = {19, 128, 512};
  std::vector<int64_t> batches = {1, 8};
  double seconds = 1.0;  // of measuring a shape; at least five runs in any case
};

struct ForwardTime {
  int64_t batch = 0;
  int64_t tokens = 0;             // of each text
  double milliseconds = 0;        // median of Model::trace, every head's attention obtainable
  double bound_milliseconds = 0;  // median of the matrix products alone
  double gemm_gflops = 0;         // of the bound
  double tiles_milliseconds = 0;  // every map of one text max-pooled to 64×64
};

// One entry a batch and number of tokens, in the order given. Results are verified before anything
// is measured (attention rows sum to 1, recomputed tiles are the pass's rows, a layer's products
// agree with double precision, a batch gives the bits of its texts alone); Error(kInternal) where
// they do not hold. Throws Error(kUsage) for sizes that the model does not have.
std::vector<ForwardTime> benchmark_forward(Model& model, const BenchmarkOptions& options,
                                           const RunControl& control = {});

}  // namespace headscope
