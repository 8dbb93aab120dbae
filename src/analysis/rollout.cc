// Rollout. Short inputs: whole maps, from the lowest layer up, each kept. Long ones: the queries
// asked for, as rows that run down through the layers, so that nothing of size N² is held.
#include <algorithm>
#include <map>
#include <vector>

#include "analysis/layer_attention.h"
#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/flow.h"
#include "tile/row_kernel.h"

namespace headscope {
namespace {

// Rows of Ã at a time: a few megabytes at most for short inputs.
constexpr int64_t kBlock = 128;

using Matrix = std::vector<float>;

// out[r, :] += Σ_k a[r, k] · b[k, :], out [rows, n], a [rows, stride] from column 0, b [depth, n].
void add_product(const float* a, int64_t stride, int64_t rows, const float* b, int64_t depth,
                 int64_t n, float* out) {
  constexpr int64_t kColumns = 512;  // of b's row, so that it stays near for all rows
  for (int64_t first = 0; first < n; first += kColumns) {
    const int64_t count = std::min(kColumns, n - first);
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t r = 0; r < rows; ++r) {
        const float factor = a[r * stride + k];
        if (factor != 0) add_scaled_row(factor, b + k * n + first, count, out + r * n + first);
      }
    }
  }
}

class Rollout : public LayeredSource {
 public:
  using LayeredSource::LayeredSource;
  Quantity quantity() const override { return Quantity::kRollout; }

 protected:
  void compute(const Question& asked, const RunControl& control) const override {
    if (is_short(asked)) return compute_maps(asked, control);
    if (asked.rows.size() > kRolloutQueries) {
      throw Error(ErrorCode::kUsage,
                  "rollout of " + std::to_string(asked.n) + " tokens for " +
                      std::to_string(asked.rows.size()) + " queries",
                  "at most " + std::to_string(kRolloutQueries) + " queries beyond " +
                      std::to_string(kRolloutWholeTokens) + " tokens",
                  "Pin a query, or ask for fewer rows", "HS-CAP-01");
    }
    for (int64_t i = asked.rows.begin; i < asked.rows.end; ++i) {
      if (!row(asked, i)) return compute_rows(asked, control);
    }
  }

  const float* row(const Question& asked, int64_t i) const override {
    if (is_short(asked)) return maps_.at({asked.stack, asked.layer}).data() + i * asked.n;
    return rows_.find({asked.stack, asked.layer, i});
  }

  int64_t held() const override {
    int64_t sum = rows_.bytes();
    for (const auto& [layer, map] : maps_) sum += static_cast<int64_t>(map.size() * sizeof(float));
    return sum;
  }

 private:
  static bool is_short(const Question& asked) { return asked.n <= kRolloutWholeTokens; }

  void compute_maps(const Question& asked, const RunControl& control) const {
    const int64_t n = asked.n;
    for (int64_t layer = 0; layer <= asked.layer; ++layer) {
      if (maps_.contains({asked.stack, layer})) continue;
      Matrix step(static_cast<size_t>(n * n));
      residual_rows(below(), asked.stack, static_cast<int>(layer), {0, n}, step.data(), control);
      if (layer > 0) step = product(step, maps_.at({asked.stack, layer - 1}), n, control);
      maps_[{asked.stack, layer}] = std::move(step);
      control.report(layer + 1, asked.layer + 1);
    }
  }

  // a · b, both [n, n].
  static Matrix product(const Matrix& a, const Matrix& b, int64_t n, const RunControl& control) {
    constexpr int64_t kRows = 32;
    Matrix out(static_cast<size_t>(n * n), 0.0f);
    parallel_for((n + kRows - 1) / kRows, [&](int64_t block) {
      control.cancel.check();
      const int64_t first = block * kRows, rows = std::min(kRows, n - first);
      add_product(a.data() + first * n, n, rows, b.data(), n, n, out.data() + first * n);
    });
    return out;
  }

  // X = e_rows · Ã_l · … · Ã_0, one layer at a time, a block of Ã's rows at a time.
  void compute_rows(const Question& asked, const RunControl& control) const {
    const int64_t n = asked.n, count = asked.rows.size();
    Matrix x(static_cast<size_t>(count * n)), block(static_cast<size_t>(kBlock * n));
    residual_rows(below(), asked.stack, static_cast<int>(asked.layer), asked.rows, x.data(),
                  control);
    for (int64_t layer = asked.layer - 1; layer >= 0; --layer) {
      Matrix next(x.size(), 0.0f);
      for (int64_t first = 0; first < n; first += kBlock) {
        const Range some{first, std::min(n, first + kBlock)};
        residual_rows(below(), asked.stack, static_cast<int>(layer), some, block.data(), control);
        parallel_for(count, [&](int64_t r) {
          add_product(x.data() + r * n + first, n, 1, block.data(), some.size(), n,
                      next.data() + r * n);
        });
      }
      x = std::move(next);
      control.report(asked.layer - layer, asked.layer);
    }
    rows_.make_room(count, n);
    for (int64_t r = 0; r < count; ++r) {
      rows_.put({asked.stack, asked.layer, asked.rows.begin + r},
                {x.begin() + r * n, x.begin() + (r + 1) * n});
    }
  }

  mutable std::map<std::pair<int, int64_t>, Matrix> maps_;  // (stack, layer): [N, N], short inputs
  mutable RowStore rows_;                                   // long inputs
};

}  // namespace

std::shared_ptr<const AttentionSource> make_rollout(
    std::shared_ptr<const AttentionSource> weights) {
  return std::make_shared<Rollout>(std::move(weights));
}

}  // namespace headscope
