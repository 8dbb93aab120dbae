// Small reductions over long rows of floats.
#pragma once

#include <cstdint>

namespace headscope {

// Index of the first NaN or infinity; −1 where all are finite.
int64_t first_not_finite(const float* x, int64_t count);

// log Σ exp(x[i]), [count ≥ 1]; sums of at most 4,096 terms in float32, the rest in double.
double log_sum_exp(const float* x, int64_t count);

}  // namespace headscope
