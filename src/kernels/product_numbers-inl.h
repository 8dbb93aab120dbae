// The numbers of a matrix product, for the loops of panel_product.cc. A kind of Numbers has
//   Unit            what rows and panels are made of, of a float's size
//   kParts          units that stand for one input, or for a pair of inputs
//   kHeight         rows of a step: their sums and the factors fill the registers
//   Units, Inputs   units of a number of inputs, inputs of a number of units
//   Convert         inputs of a row → units; what fills up the last ones is 0
//   Scalar, Factor  a row's parts in all lanes, and a panel's parts
//   MulAdd          sum + scalar · factor
//
// For Highway's foreach_target files, after <hwy/highway.h>; hence the guard that opens once a
// target.
#if defined(HEADSCOPE_KERNELS_PRODUCT_NUMBERS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADSCOPE_KERNELS_PRODUCT_NUMBERS_INL_H
#undef HEADSCOPE_KERNELS_PRODUCT_NUMBERS_INL_H
#else
#define HEADSCOPE_KERNELS_PRODUCT_NUMBERS_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include "score/panel-inl.h"

// The instruction that adds the products of pairs of bfloat16 is newer than the targets that
// Highway 1.0 names: that of AVX-512 has it where the processor says so.
#undef HEADSCOPE_BF16_DOT
#if HWY_TARGET == HWY_AVX3 && HWY_ARCH_X86_64
#define HEADSCOPE_BF16_DOT 1
#else
#define HEADSCOPE_BF16_DOT 0
#endif

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

using U = hn::ScalableTag<uint32_t>;
using UV = hn::Vec<U>;

// Units taken at once, whose products are added in one float32 chain: their part of a panel stays
// near the first-level cache, and the rows' part in the second.
constexpr int64_t kUnits = 384;

struct Floats {
  using Unit = float;
  static constexpr int64_t kParts = 1, kHeight = kLanes >= 16 ? 13 : 6;
  static int64_t Units(int64_t inputs) { return inputs; }
  static int64_t Inputs(int64_t units) { return units; }
  static void Convert(const float* from, int64_t count, float* to) { std::copy_n(from, count, to); }
  struct Scalar {
    V value;
    HWY_INLINE explicit Scalar(const float* from) : value(hn::Set(D(), *from)) {}
  };
  struct Factor {
    V value;
    HWY_INLINE Factor(const float* from, int64_t) : value(hn::LoadU(D(), from)) {}
  };
  static HWY_INLINE V MulAdd(const Scalar& a, const Factor& b, V sum) {
    return hn::MulAdd(a.value, b.value, sum);
  }
};

// bfloat16 in the upper halves: the nearest, ties to even.
HWY_INLINE UV RoundToUpper(V x) {
  const U d;
  const UV bits = hn::BitCast(d, x);
  const UV odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
  return hn::And(hn::Add(hn::Add(bits, hn::Set(d, 0x7fffu)), odd), hn::Set(d, 0xffff0000u));
}

// Pairs of inputs as units: the first in the lower half, the second in the upper. kParts = 2: a
// unit of their high parts, then one of what those leave. 2·kLanes inputs.
template <int64_t kParts>
HWY_INLINE void ConvertSome(const float* from, uint32_t* to) {
  const D d;
  const U du;
  V first, second;
  hn::LoadInterleaved2(d, from, first, second);
  const UV a = RoundToUpper(first), b = RoundToUpper(second);
  const UV high = hn::Or(hn::ShiftRight<16>(a), b);
  if constexpr (kParts == 1) {
    hn::StoreU(high, du, to);
  } else {
    const UV rest_a = RoundToUpper(hn::Sub(first, hn::BitCast(d, a)));
    const UV rest_b = RoundToUpper(hn::Sub(second, hn::BitCast(d, b)));
    hn::StoreInterleaved2(high, hn::Or(hn::ShiftRight<16>(rest_a), rest_b), du, to);
  }
}

// By Some::Round, which takes 2·kLanes inputs.
template <int64_t kParts, class Some>
HWY_INLINE void ConvertPairs(const float* from, int64_t count, uint32_t* to) {
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) Some::Round(from + i, to + i / 2 * kParts);
  if (i == count) return;
  float padded[2 * kLanes] = {};
  uint32_t units[2 * kLanes];
  std::copy(from + i, from + count, padded);
  Some::Round(padded, units);
  std::copy_n(units, (count - i + 1) / 2 * kParts, to + i / 2 * kParts);
}

// Products of pairs where no instruction has them.
struct Pairs {
  static constexpr bool kNative = false;
  struct Reg {
    V even, odd;
    HWY_INLINE explicit Reg(UV pair)
        : even(hn::BitCast(D(), hn::ShiftLeft<16>(pair))),
          odd(hn::BitCast(D(), hn::And(pair, hn::Set(U(), 0xffff0000u)))) {}
  };
  static HWY_INLINE V Dot(const Reg& a, const Reg& b, V sum) {
    return hn::MulAdd(a.even, b.even, hn::MulAdd(a.odd, b.odd, sum));
  }
  static HWY_INLINE void Round(const float* from, uint32_t* to) { ConvertSome<1>(from, to); }
};

#if HEADSCOPE_BF16_DOT
inline bool HasBf16Dot() { return __builtin_cpu_supports("avx512bf16"); }

struct NativePairs {
  static constexpr bool kNative = true;
  struct Reg {
    UV pair;
    HWY_INLINE explicit Reg(UV from) : pair(from) {}
  };
  // Highway's attributes for this target do not name the instruction, so no intrinsic can be used.
  static HWY_INLINE V Dot(const Reg& a, const Reg& b, V sum) {
    asm("vdpbf16ps %1, %2, %0" : "+v"(sum.raw) : "v"(a.pair.raw), "v"(b.pair.raw));
    return sum;
  }
  // To the nearest, ties to even, but denormals to 0, as Dot takes them.
  static HWY_INLINE void Round(const float* from, uint32_t* to) {
    const D d;
    const V first = hn::LoadU(d, from), second = hn::LoadU(d, from + kLanes);
    UV pairs;
    asm("vcvtne2ps2bf16 %1, %2, %0" : "=v"(pairs.raw) : "v"(first.raw), "v"(second.raw));
    hn::StoreU(pairs, U(), to);
  }
};
#endif

// bf16
template <class P>
struct Whole {
  using Unit = uint32_t;
  using Reg = typename P::Reg;
  static constexpr int64_t kParts = 1, kHeight = kLanes >= 16 ? (P::kNative ? 13 : 12) : 4;
  static int64_t Units(int64_t inputs) { return (inputs + 1) / 2; }
  static int64_t Inputs(int64_t units) { return 2 * units; }
  static void Convert(const float* from, int64_t count, uint32_t* to) {
    ConvertPairs<kParts, P>(from, count, to);
  }
  struct Scalar {
    Reg value;
    HWY_INLINE explicit Scalar(const uint32_t* from) : value(hn::Set(U(), *from)) {}
  };
  struct Factor {
    Reg value;
    HWY_INLINE Factor(const uint32_t* from, int64_t) : value(hn::LoadU(U(), from)) {}
  };
  static HWY_INLINE V MulAdd(const Scalar& a, const Factor& b, V sum) {
    return P::Dot(a.value, b.value, sum);
  }
};

// bf16x3
template <class P>
struct Split {
  using Unit = uint32_t;
  using Reg = typename P::Reg;
  static constexpr int64_t kParts = 2, kHeight = kLanes >= 16 ? (P::kNative ? 12 : 8) : 3;
  static HWY_INLINE void Round(const float* from, uint32_t* to) { ConvertSome<kParts>(from, to); }
  static int64_t Units(int64_t inputs) { return (inputs + 1) / 2 * 2; }
  static int64_t Inputs(int64_t units) { return units; }
  static void Convert(const float* from, int64_t count, uint32_t* to) {
    ConvertPairs<kParts, Split>(from, count, to);
  }
  struct Scalar {
    Reg high, low;
    HWY_INLINE explicit Scalar(const uint32_t* from)
        : high(hn::Set(U(), from[0])), low(hn::Set(U(), from[1])) {}
  };
  struct Factor {
    Reg high, low;
    HWY_INLINE Factor(const uint32_t* from, int64_t stride)
        : high(hn::LoadU(U(), from)), low(hn::LoadU(U(), from + stride)) {}
  };
  static HWY_INLINE V MulAdd(const Scalar& a, const Factor& b, V sum) {
    return P::Dot(a.high, b.high, P::Dot(a.high, b.low, P::Dot(a.low, b.high, sum)));
  }
};

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the guard
