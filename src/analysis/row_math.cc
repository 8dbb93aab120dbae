#include "analysis/row_math.h"

#include <cmath>

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

// a log2 a for a in [0, 1], 0 at 0. log2 of the mantissa, brought to [√½, √2), is t·P(t) with
// t = m − 1 and P of degree 7, minimax (Remez weights by Lawson's iteration): within 1e-7 absolute
// in float, and relatively exact at 1, where heads that look at one key only have their entropy.
// Three times as fast as hwy/contrib/math's Log, which spends most on what a probability is never:
// denormal, negative, infinite.
HWY_INLINE V a_log2_a(D d, V a) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, hn::Max(a, hn::Set(d, 1e-30f)));
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3F3504F3)));
  const V mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const V t = hn::Sub(mantissa, hn::Set(d, 1.0f));
  V p = hn::Set(d, -0.14574436843395233f);
  for (const float c :
       {0.23689033091068268f, -0.2500690519809723f, 0.28670746088027954f, -0.36008721590042114f,
        0.48093944787979126f, -0.7213571667671204f, 1.4426947832107544f}) {
    p = hn::MulAdd(p, t, hn::Set(d, c));
  }
  return hn::Mul(a, hn::MulAdd(t, p, hn::ConvertTo(d, exponent)));
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

double MixtureOf(const float* p, const float* q, int64_t rows, int64_t n) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V half = hn::Set(d, 0.5f);
  double all = 0;
  for (int64_t r = 0; r < rows; ++r, p += n, q += n) {
    V sum = hn::Zero(d);
    for (int64_t j = 0; j < n; j += lanes) {
      sum = hn::Add(sum, a_log2_a(d, hn::Mul(half, hn::Add(load(d, p, j, n), load(d, q, j, n)))));
    }
    all += double{total(d, sum)};
  }
  return kLn2 * all;
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
HWY_EXPORT(MixtureOf);
HWY_EXPORT(AddRow);

RowStats row_stats(const float* row, int64_t n, int64_t i) {
  return HWY_DYNAMIC_DISPATCH(RowStatsOf)(row, n, i);
}
RunStats run_stats(const float* run, int64_t n, bool entropy) {
  return HWY_DYNAMIC_DISPATCH(RunStatsOf)(run, n, entropy);
}
double mixture_a_ln_a(const float* p, const float* q, int64_t rows, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(MixtureOf)(p, q, rows, n);
}
void add_row(const float* row, int64_t n, float* sum) { HWY_DYNAMIC_DISPATCH(AddRow)(row, n, sum); }

}  // namespace headscope
#endif
