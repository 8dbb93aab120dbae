// The exponential of the kernels: softmax and activations spend most of their time in it.
//
// For Highway's foreach_target files, after <hwy/highway.h>; hence the guard that opens once a
// target.
#if defined(HEADSCOPE_KERNELS_EXP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADSCOPE_KERNELS_EXP_INL_H
#undef HEADSCOPE_KERNELS_EXP_INL_H
#else
#define HEADSCOPE_KERNELS_EXP_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

// exp(x) for x ≤ 88, within 1.2 ulp, without fused multiply-adds too; 0 where x < −87.3 (a
// float of less than 1.2e-38 has not all its digits), also for −∞, and for NaN.
//
// x = n·log(2) + r with a whole n, |r| ≤ log(2)/2; exp(r) = 1 + r + r²·P(r). P is the minimax
// polynomial of degree 4 for the relative error of exp(r), 3.1e-9, found by iteratively reweighted
// least squares on Chebyshev nodes. Half of the operations of Highway's Exp, which is right to the
// same bound but also makes denormal numbers.
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V ExpOf(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<D> di;
  // Adding 1.5·2²³ rounds to a whole number, which then is in the last bits of the float.
  const V rounder = hn::Set(d, 12582912.0f);
  const V rounded = hn::MulAdd(x, hn::Set(d, 1.44269504f), rounder);
  const V n = hn::Sub(rounded, rounder);
  // log(2) in two parts: n times the first is exact.
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145752f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6f), r);
  V p = hn::Set(d, 0.0013814320554956794f);
  p = hn::MulAdd(p, r, hn::Set(d, 0.00836885068565607f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.041668400168418884f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.1666651964187622f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.4999999403953552f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  // Times 2ⁿ: n is added to the exponent.
  const auto power = hn::ShiftLeft<23>(hn::BitCast(di, rounded));
  const V scaled = hn::BitCast(d, hn::Add(hn::BitCast(di, p), power));
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(d, -87.3f)), scaled);
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the guard
