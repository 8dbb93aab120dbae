#include "analysis/row_math.h"

#include <cmath>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analysis/row_math.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Loads row[j …], zero from n on. Reads the slack behind the row.
HWY_INLINE V load(D d, const float* row, int64_t j, int64_t n) {
  const V value = hn::LoadU(d, row + j);
  const auto left = static_cast<size_t>(n - j);
  return left >= hn::Lanes(d) ? value : hn::IfThenElseZero(hn::FirstN(d, left), value);
}

// exponent + log2(1 + t) for 1 + t in [√½, √2): log2 is t·P(t) with P of degree 7, minimax (Remez
// weights by Lawson's iteration): within 1e-7 absolute in float, and relatively exact at t = 0,
// where heads that look at one key only have their entropy. Three times as fast as
// hwy/contrib/math's Log, which spends most on what a probability is never: denormal, negative,
// infinite.
HWY_INLINE V log2_of(D d, hn::Vec<hn::RebindToSigned<D>> exponent, V t) {
  V p = hn::Set(d, -0.14574436843395233f);
  for (const float c :
       {0.23689033091068268f, -0.2500690519809723f, 0.28670746088027954f, -0.36008721590042114f,
        0.48093944787979126f, -0.7213571667671204f, 1.4426947832107544f}) {
    p = hn::MulAdd(p, t, hn::Set(d, c));
  }
  return hn::MulAdd(t, p, hn::ConvertTo(d, exponent));
}
constexpr int32_t kRootHalf = 0x3F3504F3, kDouble = 1 << 23;  // √½; ×2 of a float's bits

// a log2 a for a ≥ 0. The bits of 0 give the exponent −127 and t = 0: 0 as well.
HWY_INLINE V a_log2_a(D d, V a) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, a);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, kRootHalf)));
  const V mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  return hn::Mul(a, log2_of(d, exponent, hn::Sub(mantissa, hn::Set(d, 1.0f))));
}

// sum + s log2(s/2) for s ≥ 0: halving costs nothing, as it is one less in the exponent.
HWY_INLINE V add_s_log2_half(D d, V s, V sum) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, s);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, kRootHalf + kDouble)));
  const V twice = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const V t = hn::MulSub(twice, hn::Set(d, 0.5f), hn::Set(d, 1.0f));
  return hn::MulAdd(s, log2_of(d, exponent, t), sum);
}
constexpr double kLn2 = 0.6931471805599453;

HWY_INLINE float total(D d, V v) { return hn::GetLane(hn::SumOfLanes(d, v)); }

RowStats RowStatsOf(const float* row, int64_t n, int64_t i) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V squares = hn::Zero(d), entropy = hn::Zero(d), distance = hn::Zero(d), heaviest = hn::Zero(d);
  const V keep = hn::Set(d, .9999f);
  const V floor = hn::Set(d, .0001f / static_cast<float>(n));
  const V step = hn::Iota(d, 0.0f);
  for (int64_t j = 0; j < n; j += lanes) {
    const V a = load(d, row, j, n);
    squares = hn::MulAdd(a, a, squares);
    const V far = hn::Abs(hn::Add(step, hn::Set(d, static_cast<float>(j - i))));
    distance = hn::MulAdd(a, far, distance);
    heaviest = hn::Max(heaviest, a);
    V b = hn::MulAdd(a, keep, floor);
    if (n - j < lanes) b = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n - j)), b);
    entropy = hn::Sub(entropy, a_log2_a(d, b));
  }
  RowStats out;
  out.squares = total(d, squares);
  out.entropy = kLn2 * double{total(d, entropy)};
  out.distance = total(d, distance);
  const float top = hn::GetLane(hn::MaxOfLanes(d, heaviest));
  while (out.heaviest + 1 < n && row[out.heaviest] != top) ++out.heaviest;
  return out;
}

RunStats RunStatsOf(const float* run, int64_t n, bool entropy) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V mass = hn::Zero(d), squares = hn::Zero(d), logs = hn::Zero(d);
  for (int64_t j = 0; j < n; j += lanes) {
    const V a = load(d, run, j, n);
    mass = hn::Add(mass, a);
    squares = hn::MulAdd(a, a, squares);
    if (entropy) logs = hn::Add(logs, a_log2_a(d, a));
  }
  return {total(d, mass), total(d, squares), kLn2 * double{total(d, logs)}};
}

// Four sums at a time, which share p and hide each other's latency.
template <size_t... K>
HWY_INLINE void Mixtures(std::index_sequence<K...>, const float* p, const float* q, int64_t stride,
                         int64_t n, double* out) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[sizeof...(K)];
  ((sum[K] = hn::Zero(d)), ...);
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const V own = hn::LoadU(d, p + j);
    ((sum[K] = add_s_log2_half(d, hn::Add(own, hn::LoadU(d, q + K * stride + j)), sum[K])), ...);
  }
  if (j < n) {
    const V own = load(d, p, j, n);
    ((sum[K] = add_s_log2_half(d, hn::Add(own, load(d, q + K * stride, j, n)), sum[K])), ...);
  }
  ((out[K] += kLn2 / 2 * double{total(d, sum[K])}), ...);
}

void AddMixtures(const float* p, const float* q, int64_t stride, int64_t count, int64_t n,
                 double* out) {
  int64_t k = 0;
  for (; k + 4 <= count; k += 4) {
    Mixtures(std::make_index_sequence<4>(), p, q + k * stride, stride, n, out + k);
  }
  for (; k < count; ++k) {
    Mixtures(std::make_index_sequence<1>(), p, q + k * stride, stride, n, out + k);
  }
}

void AddRow(const float* row, int64_t n, float* sum) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, sum + j), hn::LoadU(d, row + j)), d, sum + j);
  }
  for (; j < n; ++j) sum[j] += row[j];
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(RowStatsOf);
HWY_EXPORT(RunStatsOf);
HWY_EXPORT(AddMixtures);
HWY_EXPORT(AddRow);

RowStats row_stats(const float* row, int64_t n, int64_t i) {
  return HWY_DYNAMIC_DISPATCH(RowStatsOf)(row, n, i);
}
RunStats run_stats(const float* run, int64_t n, bool entropy) {
  return HWY_DYNAMIC_DISPATCH(RunStatsOf)(run, n, entropy);
}
void add_mixtures(const float* p, const float* q, int64_t stride, int64_t count, int64_t n,
                  double* out) {
  HWY_DYNAMIC_DISPATCH(AddMixtures)(p, q, stride, count, n, out);
}
void add_row(const float* row, int64_t n, float* sum) { HWY_DYNAMIC_DISPATCH(AddRow)(row, n, sum); }

}  // namespace headscope
#endif
