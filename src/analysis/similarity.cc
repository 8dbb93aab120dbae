// Jensen–Shannon divergence between the attention of all pairs of heads (Clark et al. 2019, §6),
// averaged over query rows.
#include <algorithm>

#include "analysis/row_math.h"
#include "analysis/sums.h"
#include "base/parallel.h"

namespace headscope {

std::vector<int64_t> similarity_rows(int64_t segment, int64_t n, int64_t m, size_t heads,
                                     int64_t at_most) {
  constexpr int64_t kFloats = int64_t{1} << 26;
  const int64_t fit = kFloats / std::max<int64_t>(1, static_cast<int64_t>(heads) * m);
  int64_t count = std::min(n, std::max<int64_t>(1, fit));
  if (at_most > 0) count = std::min(count, at_most);
  std::vector<int64_t> rows;
  for (int64_t k = 0; k < count; ++k) {
    // Shifted from segment to segment, so that no position is favoured.
    const int64_t begin = k * n / count, width = (k + 1) * n / count - begin;
    rows.push_back(begin + segment % width);
  }
  return rows;
}

void add_similarity(const float* maps, size_t rows, size_t m, Sums& sums) {
  const size_t heads = sums.heads();
  const size_t per_head = rows * m;
  std::vector<double> own(heads, 0.0);  // Σ_rows Σ a ln a
  parallel_for(static_cast<int64_t>(heads), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    const float* map = maps + h * per_head;
    for (size_t r = 0; r < rows; ++r) {
      own[h] += run_stats(map + r * m, static_cast<int64_t>(m), true).a_ln_a;
    }
  });
  if (sums.js.empty()) sums.js.assign(heads * heads, 0.0);
  // A piece of every map at a time, which the second-level cache holds, for several heads at once.
  constexpr size_t kPiece = 512, kHeads = 4;
  parallel_for(static_cast<int64_t>((heads + kHeads - 1) / kHeads), [&](int64_t index) {
    const size_t first = static_cast<size_t>(index) * kHeads;
    const size_t end = std::min(heads, first + kHeads);
    std::vector<double> mixed(kHeads * heads, 0.0);
    for (size_t at = 0; at < per_head; at += kPiece) {
      const size_t size = std::min(kPiece, per_head - at);
      for (size_t a = first; a < end; ++a) {
        const float* own_map = maps + a * per_head + at;
        add_mixtures(own_map, own_map + per_head, static_cast<int64_t>(per_head),
                     static_cast<int64_t>(heads - a - 1), static_cast<int64_t>(size),
                     mixed.data() + (a - first) * heads + a + 1);
      }
    }
    for (size_t a = first; a < end; ++a) {
      for (size_t b = a + 1; b < heads; ++b) {
        sums.js[a * heads + b] += (own[a] + own[b]) / 2 - mixed[(a - first) * heads + b];
      }
    }
  });
  sums.js_rows += static_cast<double>(rows);
}

}  // namespace headscope
