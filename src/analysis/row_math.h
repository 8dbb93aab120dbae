// Sums over one row of attention, vectorised. Reading up to kRowSlack floats beyond a row's end
// must be allowed (they are masked off).
#pragma once

#include <cstdint>

namespace headscope {

inline constexpr int64_t kRowSlack = 64;

struct RowStats {
  double squares = 0;    // Σ a²
  double entropy = 0;    // −Σ b ln b with b = .9999 a + .0001/N, nats
  double distance = 0;   // Σ a |j − i|
  int64_t heaviest = 0;  // first maximum
};
RowStats row_stats(const float* row, int64_t n, int64_t i);

struct RunStats {
  double mass = 0;     // Σ a
  double squares = 0;  // Σ a²
  double a_ln_a = 0;   // Σ a ln a; only where asked for
};
RunStats run_stats(const float* run, int64_t n, bool entropy);

// out[k] += Σ_j m ln m with m = (p[j] + q_k[j])/2, for the `count` rows q_k, which lie `stride`
// floats apart: what Jensen–Shannon divergences need. A few hundred floats at a time keep the
// float32 sums short.
void add_mixtures(const float* p, const float* q, int64_t stride, int64_t count, int64_t n,
                  double* out);

// sum[j] += row[j]
void add_row(const float* row, int64_t n, float* sum);

}  // namespace headscope
