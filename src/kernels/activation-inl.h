// The activations of feed-forward layers (kernels/activation.h), for kernels that apply them to
// what they have in cache.
//
// For Highway's foreach_target files, after <hwy/highway.h>; hence the guard that opens once a
// target.
#if defined(HEADSCOPE_KERNELS_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADSCOPE_KERNELS_ACTIVATION_INL_H
#undef HEADSCOPE_KERNELS_ACTIVATION_INL_H
#else
#define HEADSCOPE_KERNELS_ACTIVATION_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// gelu(x) = max(x, 0) − |x|·Q(|x|), Q(x) = 1 − Φ(x) = exp(−x²/2)·P(t), t = 1/(1 + 0.35·x).
// P is the minimax polynomial of degree 7 for the relative error of Q on [0, 13], 3.1e-7, found by
// iteratively reweighted least squares on Chebyshev nodes.
HWY_INLINE V Gelu(D d, V x) {
  // Where Q is no float any more, |x| stays small enough for the exponential.
  const V size = hn::Min(hn::Abs(x), hn::Set(d, 13.0f));
  const V t = hn::Div(hn::Set(d, 1.0f), hn::MulAdd(hn::Set(d, 0.35f), size, hn::Set(d, 1.0f)));
  V p = hn::Set(d, 0.04894242808222771f);
  p = hn::MulAdd(p, t, hn::Set(d, -0.20211921632289886f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.24064071476459503f));
  p = hn::MulAdd(p, t, hn::Set(d, -0.017023345455527306f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.15596143901348114f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.13335511088371277f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.14027033746242523f));
  p = hn::MulAdd(p, t, hn::Set(d, -2.7315451006870717e-05f));
  const V bell = ExpOf(d, hn::Mul(hn::Mul(size, size), hn::Set(d, -0.5f)));
  return hn::NegMulAdd(hn::Mul(size, bell), p, hn::Max(x, hn::Zero(d)));
}

// x/2·(1 + tanh(u)) = x / (1 + exp(−2u)).
HWY_INLINE V GeluTanh(D d, V x) {
  constexpr float kMinusTwoRootTwoOverPi = -1.5957691216057308f;
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V u =
      hn::Mul(hn::MulAdd(cube, hn::Set(d, 0.044715f), x), hn::Set(d, kMinusTwoRootTwoOverPi));
  // Beyond 88 the exponential is no float; the result is 0 there, if x has not grown as well.
  const V e = ExpOf(d, hn::Min(u, hn::Set(d, 88.0f)));
  return hn::Div(hn::Max(x, hn::Set(d, -20.0f)), hn::Add(e, hn::Set(d, 1.0f)));
}

HWY_INLINE V Silu(D d, V x) {
  const V e = ExpOf(d, hn::Min(hn::Neg(x), hn::Set(d, 88.0f)));
  // Where the exponential is no float any more the result is 0.
  return hn::Div(hn::Max(x, hn::Set(d, -104.0f)), hn::Add(e, hn::Set(d, 1.0f)));
}

// y[i] = function(x[i]), times gate[i] where there is one; y may be x.
template <class Function>
HWY_INLINE void Map(const float* x, const float* gate, float* y, int64_t count, Function function) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    V v = function(d, hn::LoadU(d, x + i));
    if (gate) v = hn::Mul(v, hn::LoadU(d, gate + i));
    hn::StoreU(v, d, y + i);
  }
  if (i == count) return;
  float rest[hn::MaxLanes(D())] = {};
  for (int64_t k = i; k < count; ++k) rest[k - i] = x[k];
  hn::StoreU(function(d, hn::LoadU(d, rest)), d, rest);
  for (int64_t k = i; k < count; ++k) y[k] = gate ? rest[k - i] * gate[k] : rest[k - i];
}

HWY_INLINE void ActivateFloats(Activation activation, const float* x, const float* gate, float* y,
                               int64_t count) {
  switch (activation) {
    case Activation::kGelu:
      return Map(x, gate, y, count, [](D d, V v) HWY_ATTR { return Gelu(d, v); });
    case Activation::kGeluTanh:
      return Map(x, gate, y, count, [](D d, V v) HWY_ATTR { return GeluTanh(d, v); });
    case Activation::kRelu:
      return Map(x, gate, y, count, [](D d, V v) HWY_ATTR { return hn::Max(v, hn::Zero(d)); });
    case Activation::kSilu:
      return Map(x, gate, y, count, [](D d, V v) HWY_ATTR { return Silu(d, v); });
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the guard
