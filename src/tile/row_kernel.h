// Rows of a tile: what pooling, combining heads and norm-weighting do to many floats at once.
#pragma once

#include <cstdint>

namespace headscope {

// pooled[j] = max(pooled[j], row[j]), or += row[j]. Both return Σ row.
double pool_max(const float* row, int64_t n, float* pooled);
double pool_sum(const float* row, int64_t n, float* pooled);

double sum_row(const float* row, int64_t n);
void multiply_row(const float* factors, int64_t n, float* row);
void add_scaled_row(float factor, const float* row, int64_t n, float* into);
void scale_row(float factor, int64_t n, float* row);

}  // namespace headscope
