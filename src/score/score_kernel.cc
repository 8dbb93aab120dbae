#include "headscope/score_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "score/score_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// The first `count` of kLanes floats; reads no further.
HWY_INLINE V load_some(D d, const float* from, int64_t count) {
  if (count >= kLanes) return hn::LoadU(d, from);
  float padded[kLanes] = {};
  std::copy(from, from + count, padded);
  return hn::LoadU(d, padded);
}

HWY_INLINE void store_some(V value, D d, float* to, int64_t count) {
  if (count >= kLanes) return hn::StoreU(value, d, to);
  float padded[kLanes];
  hn::StoreU(value, d, padded);
  std::copy(padded, padded + count, to);
}

HWY_INLINE V add_bias(const HeadScores& head, int64_t i, int64_t j, int64_t count, V x) {
  if (!head.bias) return x;
  const D d;
  switch (head.rule.bias) {
    case BiasKind::kNone:
      return x;
    case BiasKind::kDistance:
      return hn::Add(x, load_some(d, head.bias + (j - i + head.queries - 1), count));
    case BiasKind::kDense:
      return hn::Add(x, load_some(d, head.bias + i * head.keys + j, count));
    case BiasKind::kAlibi:
      return hn::Add(x, hn::Mul(hn::Set(d, *head.bias), hn::Iota(d, static_cast<float>(j))));
  }
  return x;
}

// From products to scores or weights: query i × keys j … j + count.
template <bool kWeights>
HWY_INLINE void finish(const HeadScores& head, int64_t i, int64_t j, int64_t count, Range seen,
                       const float* HWY_RESTRICT products, float* HWY_RESTRICT out) {
  const D d;
  const V scale = hn::Set(d, head.rule.scale);
  const float softcap = head.rule.softcap.value_or(0.0f);
  const bool bias_first = head.rule.order == BiasOrder::kBeforeCap;
  for (int64_t at = 0; at < count; at += kLanes, j += kLanes) {
    const int64_t left = count - at;
    V x = hn::Mul(hn::LoadU(d, products + at), scale);
    if (bias_first) x = add_bias(head, i, j, left, x);
    if (softcap > 0) {
      x = hn::Mul(hn::Set(d, softcap), hn::Tanh(d, hn::Mul(x, hn::Set(d, 1 / softcap))));
    }
    if (!bias_first) x = add_bias(head, i, j, left, x);
    if (head.dense_mask) {
      x = hn::Add(x, load_some(d, head.dense_mask + i * head.keys + j, left));
    }
    if constexpr (kWeights) {
      // A weight is at most 1, whatever the log-sum-exp was rounded to.
      x = hn::Exp(d, hn::Min(hn::Sub(x, hn::Set(d, head.logsumexp[i])), hn::Zero(d)));
    }
    if (j < seen.begin || j + kLanes > seen.end) {
      const V hidden = hn::Set(d, kWeights ? 0.0f : kHidden);
      const V index = hn::Iota(d, 0.0f);
      const auto first = static_cast<float>(std::clamp<int64_t>(seen.begin - j, 0, kLanes));
      const auto end = static_cast<float>(std::clamp<int64_t>(seen.end - j, 0, kLanes));
      x = hn::IfThenElse(hn::And(hn::Ge(index, hn::Set(d, first)), hn::Lt(index, hn::Set(d, end))),
                         x, hidden);
    }
    store_some(x, d, out + at, left);
  }
}

template <bool kWeights>
void block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  const int64_t query_stride = head.query_stride ? head.query_stride : head.width;
  const int64_t key_stride = head.key_stride ? head.key_stride : head.width;
  const std::unique_ptr<float[]> panel(new float[static_cast<size_t>(head.width * kPanel)]);
  float products[kRows * kPanel];
  Range seen[kRows];
  for (int64_t j = cols.begin; j < cols.end; j += kPanel) {
    const int64_t count = std::min<int64_t>(kPanel, cols.end - j);
    bool packed = false;
    for (int64_t i = rows.begin; i < rows.end; i += kRows) {
      const int64_t height = std::min<int64_t>(kRows, rows.end - i);
      bool any = false;
      for (int64_t r = 0; r < height; ++r) {
        // A query that sees no key at all has log-sum-exp −infinity and weights 0.
        const bool blind = kWeights && head.logsumexp[i + r] == kHidden;
        seen[r] = blind ? Range{} : visible_keys(head.rule.mask, i + r, head.keys);
        any |= seen[r].begin < j + count && seen[r].end > j;
      }
      float* to = out + (i - rows.begin) * stride + (j - cols.begin);
      if (!any) {
        for (int64_t r = 0; r < height; ++r) {
          std::fill_n(to + r * stride, count, kWeights ? 0.0f : kHidden);
        }
        continue;
      }
      if (!packed) {
        PackTransposed(head.key + (j - head.first_key) * key_stride, key_stride, count, head.width,
                       panel.get());
      }
      packed = true;
      MultiplyRows(height, {head.query + (i - head.first_query) * query_stride, query_stride},
                   head.width, panel.get(), {products, kPanel});
      for (int64_t r = 0; r < height; ++r) {
        finish<kWeights>(head, i + r, j, count, seen[r], products + r * kPanel, to + r * stride);
      }
    }
  }
}

void ScoreBlock(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  block<false>(head, rows, cols, out, stride);
}

void WeightBlock(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  block<true>(head, rows, cols, out, stride);
}

// Keys whose scores a row of logsumexp_rows holds at a time, from multiples of it: a row's sum does
// not depend on what else is asked.
constexpr int64_t kSumKeys = 1024;
static_assert(kSumKeys % kPanel == 0);

// Σ exp(x − top) of `count` scores; −infinity adds nothing.
HWY_INLINE double sum_of_exp(const float* HWY_RESTRICT scores, int64_t count, float top) {
  const D d;
  double total = 0;
  for (int64_t j = 0; j < count; j += kLanes) {
    const int64_t left = count - j;
    V x = hn::Sub(load_some(d, scores + j, left), hn::Set(d, top));
    // Exp wants finite numbers; what it makes of −104 is 0.
    const auto least = hn::Set(d, -104.0f);
    x = hn::IfThenZeroElse(hn::Lt(x, least), hn::Exp(d, hn::Max(x, least)));
    if (left < kLanes) x = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(left)), x);
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, x)));
  }
  return total;
}

void LogSumExpRows(const HeadScores& head, Range rows, float* out, float* sink_share) {
  constexpr int64_t kMany = 4 * kRows;
  const int64_t width = std::min(kSumKeys, head.keys);
  const std::unique_ptr<float[]> scores(new float[static_cast<size_t>(kMany * width)]);
  for (int64_t begin = rows.begin; begin < rows.end; begin += kMany) {
    const int64_t height = std::min<int64_t>(kMany, rows.end - begin);
    float top[kMany];
    double sum[kMany];
    std::fill_n(top, height, head.rule.sinks ? head.sink : kHidden);
    std::fill_n(sum, height, top[0] > kHidden ? 1.0 : 0.0);
    for (int64_t j = 0; j < head.keys; j += kSumKeys) {
      const int64_t count = std::min(kSumKeys, head.keys - j);
      block<false>(head, {begin, begin + height}, {j, j + count}, scores.get(), count);
      for (int64_t r = 0; r < height; ++r) {
        const float* row = scores.get() + r * count;
        const float most = *std::max_element(row, row + count);
        if (most == kHidden) continue;
        if (most > top[r]) {
          sum[r] *= std::exp(static_cast<double>(top[r]) - static_cast<double>(most));
          top[r] = most;
        }
        sum[r] += sum_of_exp(row, count, top[r]);
      }
    }
    for (int64_t r = 0; r < height; ++r) {
      const int64_t at = begin - rows.begin + r;
      const double lse = top[r] == kHidden ? -std::numeric_limits<double>::infinity()
                                           : static_cast<double>(top[r]) + std::log(sum[r]);
      out[at] = static_cast<float>(lse);
      if (!sink_share) continue;
      sink_share[at] =
          head.rule.sinks ? static_cast<float>(std::exp(static_cast<double>(head.sink) - lse)) : 0;
    }
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(ScoreBlock);
HWY_EXPORT(WeightBlock);
HWY_EXPORT(LogSumExpRows);

void score_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(ScoreBlock)(head, rows, cols, out, stride);
}

void weight_block(const HeadScores& head, Range rows, Range cols, float* out, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(WeightBlock)(head, rows, cols, out, stride);
}

void logsumexp_rows(const HeadScores& head, Range rows, float* out, float* sink_share) {
  HWY_DYNAMIC_DISPATCH(LogSumExpRows)(head, rows, out, sink_share);
}

}  // namespace headscope
#endif  // HWY_ONCE
