// Jensen–Shannon divergence between the attention of all pairs of heads (Clark et al. 2019, §6),
// averaged over query rows.
#include "analysis/row_math.h"
#include "analysis/sums.h"
#include "base/parallel.h"

namespace headscope {
namespace {

// 10,296 pairs of heads times every row costs more than the forward pass: a corpus takes this many
// rows a segment, spread over it and shifted from segment to segment.
constexpr int64_t kRowsPerSegment = 8;

}  // namespace

void add_similarity(const AttentionSource& source, int stack, int64_t segment, bool all_rows,
                    Sums& sums) {
  const int64_t n = source.info().query.size();
  const size_t heads = sums.heads.size();
  const int64_t step = all_rows ? 1 : std::max<int64_t>(1, n / kRowsPerSegment);
  std::vector<int64_t> rows;
  for (int64_t i = segment % step; i < n; i += step) rows.push_back(i);
  // [heads, rows, n]
  const size_t per_head = rows.size() * static_cast<size_t>(n);
  std::vector<float> maps(heads * per_head + static_cast<size_t>(kRowSlack));
  std::vector<double> own(heads, 0.0);  // Σ_rows Σ a ln a
  parallel_for(static_cast<int64_t>(heads), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    std::vector<float> row(static_cast<size_t>(n + kRowSlack));
    for (size_t r = 0; r < rows.size(); ++r) {
      source.weights({stack, sums.heads[h]}, {rows[r], rows[r] + 1}, {0, n}, row.data());
      own[h] += run_stats(row.data(), n).a_ln_a;
      std::copy(row.begin(), row.begin() + n,
                maps.begin() + static_cast<int64_t>(h * per_head) + static_cast<int64_t>(r) * n);
    }
  });
  if (sums.js.empty()) sums.js.assign(heads * heads, 0.0);
  parallel_for(static_cast<int64_t>(heads), [&](int64_t index) {
    const auto a = static_cast<size_t>(index);
    for (size_t b = a + 1; b < heads; ++b) {
      // The rows lie one after another: one long mixture sums them all.
      const double mixed = mixture_a_ln_a(maps.data() + a * per_head, maps.data() + b * per_head,
                                          static_cast<int64_t>(per_head));
      sums.js[a * heads + b] += (own[a] + own[b]) / 2 - mixed;
    }
  });
  sums.js_rows += static_cast<double>(rows.size());
}

}  // namespace headscope
