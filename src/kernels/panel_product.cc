#include "kernels/panel_product.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/parallel.h"
#include "headscope/tensor.h"
#include "kernels/activation.h"
#include "kernels/buffer.h"
#include "score/simd_targets.h"

#ifndef HEADSCOPE_KERNELS_PANEL_JOB
#define HEADSCOPE_KERNELS_PANEL_JOB
namespace headscope {

// A product as its tasks see it. Panels lie depth by depth: the units [k, k + kUnits) of all
// panels, then the next; rows likewise, all rows of a depth one under the other.
struct Job {
  float* rows;    // packed
  int64_t count;  // of rows
  int64_t in;
  const float* panels;
  const float* bias;
  int64_t out;
  float* y;  // null: the outputs become `next`
  std::optional<Activation> activation;
  float* next;  // the rows of the product after this one, packed
};

}  // namespace headscope
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_product.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

#include "kernels/activation-inl.h"
#include "kernels/product_numbers-inl.h"
#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

// What a step of rows begins with and writes, [rows, kPanel].
struct Sums {
  Strided<float> y;
  bool add;           // to what is there
  const float* bias;  // [kPanel]; else to this; null: to 0
};

// One row's products with the two vectors of a panel. (Functions and no lambdas: those are not
// inlined everywhere, and then the sums live in memory.)
template <class Numbers>
HWY_INLINE void MultiplyRow(const typename Numbers::Unit* HWY_RESTRICT x,
                            const typename Numbers::Factor& left,
                            const typename Numbers::Factor& right, V& low, V& high) {
  const typename Numbers::Scalar value(x);
  low = Numbers::MulAdd(value, left, low);
  high = Numbers::MulAdd(value, right, high);
}

HWY_INLINE V Begin(const Sums& sums, int64_t r, int64_t at) {
  const D d;
  if (sums.add) return hn::LoadU(d, sums.y.data + r * sums.y.stride + at);
  return sums.bias ? hn::LoadU(d, sums.bias + at) : hn::Zero(d);
}

HWY_INLINE void StoreRow(const Sums& sums, int64_t r, V low, V high) {
  const D d;
  float* to = sums.y.data + r * sums.y.stride;
  hn::StoreU(hn::Add(Begin(sums, r, 0), low), d, to);
  hn::StoreU(hn::Add(Begin(sums, r, kLanes), high), d, to + kLanes);
}

// sums += rows [R, units] × panel [units, kPanel], the rows kUnits apart. The packs of R unroll the
// rows, so that `low` and `high` live in registers. `next` is fetched for the step after: a panel
// is read once by few rows, and the processor does not see where the next one begins.
template <class Numbers, size_t... R>
HWY_INLINE void MultiplyStep(std::index_sequence<R...>,
                             const typename Numbers::Unit* HWY_RESTRICT x, int64_t units,
                             const typename Numbers::Unit* HWY_RESTRICT panel, const char* next,
                             const Sums& sums) {
  constexpr int64_t kParts = Numbers::kParts, kAhead = 8;
  const D d;
  V low[sizeof...(R)];
  V high[sizeof...(R)];
  ((low[R] = high[R] = hn::Zero(d)), ...);
  for (int64_t u = 0; u < units; u += kParts) {
    const typename Numbers::Factor left(panel + u * kPanel, kPanel);
    const typename Numbers::Factor right(panel + u * kPanel + kLanes, kPanel);
    for (int64_t byte = 0; byte < kParts * kPanel * 4; byte += 64) {
      const auto* soon = reinterpret_cast<const char*>(panel + (u + kAhead * kParts) * kPanel);
      __builtin_prefetch(soon + byte, 0, 3);  // to the first-level cache
    }
    if (next) {
      for (int64_t byte = 0; byte < kParts * kPanel * 4; byte += 64) {
        __builtin_prefetch(next + u * kPanel * 4 + byte, 0, 2);  // to the second-level cache
      }
    }
    (MultiplyRow<Numbers>(x + static_cast<int64_t>(R) * kUnits + u, left, right, low[R], high[R]),
     ...);
  }
  (StoreRow(sums, static_cast<int64_t>(R), low[R], high[R]), ...);
}

// MultiplyStep for `count` rows: finds the instance of that many.
template <class Numbers, int64_t kCount = Numbers::kHeight>
HWY_INLINE void MultiplySome(int64_t count, const typename Numbers::Unit* x, int64_t units,
                             const typename Numbers::Unit* panel, const char* next,
                             const Sums& sums) {
  if constexpr (kCount > 1) {
    if (count < kCount) {
      return MultiplySome<Numbers, kCount - 1>(count, x, units, panel, next, sums);
    }
  }
  MultiplyStep<Numbers>(std::make_index_sequence<kCount>(), x, units, panel, next, sums);
}

// All rows with one panel, of which `columns` are outputs.
template <class Numbers>
void MultiplyPanel(const typename Numbers::Unit* x, int64_t rows, int64_t units,
                   const typename Numbers::Unit* panel, const char* next, int64_t columns,
                   Sums sums) {
  constexpr int64_t kHeight = Numbers::kHeight;
  float edge[kHeight * kPanel], bias[kPanel];
  if (columns < kPanel && sums.bias) {
    std::fill(std::copy_n(sums.bias, columns, bias), bias + kPanel, 0.0f);
    sums.bias = bias;
  }
  // Steps of equal height: a last one of a row or two would cost as much as a full one.
  const int64_t steps = (rows + kHeight - 1) / kHeight, height = (rows + steps - 1) / steps;
  for (int64_t i = 0; i < rows; i += height, next = nullptr) {
    const int64_t count = std::min(height, rows - i);
    float* to = sums.y.data + i * sums.y.stride;
    if (columns == kPanel) {
      MultiplySome<Numbers>(count, x + i * kUnits, units, panel, next,
                            {{to, sums.y.stride}, sums.add, sums.bias});
      continue;
    }
    for (int64_t r = 0; sums.add && r < count; ++r) {
      std::copy_n(to + r * sums.y.stride, columns, edge + r * kPanel);
    }
    MultiplySome<Numbers>(count, x + i * kUnits, units, panel, next,
                          {{edge, kPanel}, sums.add, sums.bias});
    for (int64_t r = 0; r < count; ++r) {
      std::copy_n(edge + r * kPanel, columns, to + r * sums.y.stride);
    }
  }
}

// Where a row's unit lies in packed rows.
template <class Numbers>
typename Numbers::Unit* Packed(float* rows, int64_t count, int64_t row, int64_t unit) {
  const int64_t k = unit / kUnits * kUnits;
  return reinterpret_cast<typename Numbers::Unit*>(rows) + k * count + row * kUnits + unit - k;
}

template <class Numbers>
void MultiplyJob(const Job& job, Range rows, Range panels) {
  using Unit = typename Numbers::Unit;
  const auto* x = reinterpret_cast<const Unit*>(job.rows);
  const auto* weights = reinterpret_cast<const Unit*>(job.panels);
  const int64_t all = Numbers::Units(job.in), padded = (job.out + kPanel - 1) / kPanel * kPanel;
  // Where a panel's sums go: to y, or to the next product's rows, for which those that are no
  // floats are made of floats in `scratch`, panel by panel, [rows, kPanel] each.
  constexpr bool kFloats = std::is_same_v<Unit, float>;
  thread_local Buffer scratch;
  const int64_t its = rows.size() * kPanel;
  if (!job.y && !kFloats) scratch.reserve(static_cast<size_t>(panels.size() * its));
  const auto sums_of = [&](int64_t p) -> Strided<float> {
    const int64_t first = p * kPanel;
    if (job.y) return {job.y + rows.begin * job.out + first, job.out};
    if constexpr (kFloats) {
      return {Packed<Numbers>(job.next, job.count, rows.begin, first), kUnits};
    } else {
      return {scratch.data() + (p - panels.begin) * its, kPanel};
    }
  };
  for (int64_t k = 0; k < all; k += kUnits) {
    const int64_t units = std::min(kUnits, all - k), after = std::min(kUnits, all - k - units);
    for (int64_t p = panels.begin; p < panels.end; ++p) {
      const int64_t first = p * kPanel, columns = std::min(kPanel, job.out - first);
      const Unit* panel = weights + k * padded + first * units;
      const Strided<float> sums = sums_of(p);
      const Unit* next = panel + units * kPanel;
      if (p + 1 == panels.end) {
        next = after == units ? weights + (k + units) * padded + panels.begin * kPanel * after
                              : nullptr;
      }
      MultiplyPanel<Numbers>(x + k * job.count + rows.begin * kUnits, rows.size(), units, panel,
                             reinterpret_cast<const char*>(next), columns,
                             {sums, k > 0, job.bias ? job.bias + first : nullptr});
      if (after > 0) continue;
      // The panel's outputs are still in a cache.
      for (int64_t i = 0; i < rows.size(); ++i) {
        float* row = sums.data + i * sums.stride;
        if (job.activation) ActivateFloats(*job.activation, row, nullptr, row, columns);
        if (job.y || kFloats) continue;
        Numbers::Convert(
            row, columns,
            Packed<Numbers>(job.next, job.count, rows.begin + i, Numbers::Units(first)));
      }
    }
  }
}

template <class Numbers>
void PackJobRows(const float* x, const Job& job, Range rows) {
  const int64_t all = Numbers::Units(job.in);
  for (int64_t k = 0; k < all; k += kUnits) {
    const int64_t from = Numbers::Inputs(k),
                  count = std::min(Numbers::Inputs(kUnits), job.in - from);
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      Numbers::Convert(x + i * job.in + from, count, Packed<Numbers>(job.rows, job.count, i, k));
    }
  }
}

// Panel p of W [out, in].
template <class Numbers>
void PackPanelOf(const float* weight, int64_t out, int64_t in, int64_t p, float* panels) {
  const int64_t all = Numbers::Units(in), padded = (out + kPanel - 1) / kPanel * kPanel;
  const int64_t first = p * kPanel, columns = std::min(kPanel, out - first);
  thread_local Buffer scratch;
  float* rows = scratch.reserve(static_cast<size_t>(kPanel * kUnits));
  for (int64_t k = 0; k < all; k += kUnits) {
    const int64_t units = std::min(kUnits, all - k), from = Numbers::Inputs(k);
    const int64_t count = std::min(Numbers::Inputs(kUnits), in - from);
    for (int64_t c = 0; c < columns; ++c) {
      Numbers::Convert(weight + (first + c) * in + from, count,
                       reinterpret_cast<typename Numbers::Unit*>(rows + c * kUnits));
    }
    // Units are moved, whatever they hold.
    PackTransposed(rows, kUnits, columns, units, panels + k * padded + first * units);
  }
}

// Calls use(Numbers) for the numbers of a kind.
template <class Use>
auto WithNumbers(ProductKind kind, Use use) {
  switch (kind.precision) {
#if HEADSCOPE_BF16_DOT
    case Precision::kBf16x3:
      if (kind.native_bf16 && HasBf16Dot()) return use(Split<NativePairs>());
      return use(Split<Pairs>());
    case Precision::kBf16:
      if (kind.native_bf16 && HasBf16Dot()) return use(Whole<NativePairs>());
      return use(Whole<Pairs>());
#else
    case Precision::kBf16x3:
      return use(Split<Pairs>());
    case Precision::kBf16:
      return use(Whole<Pairs>());
#endif
    default:
      return use(Floats());
  }
}

int64_t PanelWidth() { return kPanel; }

int64_t UnitsOf(ProductKind kind, int64_t in) {
  return WithNumbers(kind, [&](auto numbers) { return decltype(numbers)::Units(in); });
}

void MultiplyTask(ProductKind kind, const Job& job, Range rows, Range panels) {
  WithNumbers(kind, [&](auto numbers) { MultiplyJob<decltype(numbers)>(job, rows, panels); });
}

void PackRows(ProductKind kind, const float* x, const Job& job, Range rows) {
  WithNumbers(kind, [&](auto numbers) { PackJobRows<decltype(numbers)>(x, job, rows); });
}

void PackPanel(ProductKind kind, const float* weight, int64_t out, int64_t in, int64_t p,
               float* panels) {
  WithNumbers(kind,
              [&](auto numbers) { PackPanelOf<decltype(numbers)>(weight, out, in, p, panels); });
}

const char* Instructions([[maybe_unused]] bool native_bf16) {
#if HEADSCOPE_BF16_DOT
  return native_bf16 && HasBf16Dot() ? "avx512_bf16" : "avx512";
#elif HWY_TARGET == HWY_AVX3
  return "avx512";
#elif HWY_TARGET == HWY_AVX2
  return "avx2";
#elif HWY_TARGET == HWY_SSE4
  return "sse4";
#elif HWY_TARGET == HWY_SSE2
  return "sse2";
#elif HWY_TARGET == HWY_NEON
  return "neon";
#else
  return "generic";
#endif
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(PanelWidth);
HWY_EXPORT(UnitsOf);
HWY_EXPORT(MultiplyTask);
HWY_EXPORT(PackRows);
HWY_EXPORT(PackPanel);
HWY_EXPORT(Instructions);

namespace {

// Rows of a task: ten steps of AVX-512.
constexpr int64_t kBlock = 130;
// Rows that are packed at once; more are taken in turns, so that the packed ones stay in a cache
// and take little memory.
constexpr int64_t kMostRows = 8 * kBlock;

int64_t panel_count(int64_t out) {
  const int64_t width = HWY_DYNAMIC_DISPATCH(PanelWidth)();
  return (out + width - 1) / width;
}

void pack_rows(const float* x, ProductKind kind, const Job& job) {
  // Few rows are packed sooner than other threads are awake.
  constexpr int64_t kQuick = 100'000;
  if (job.count * job.in < kQuick) {
    HWY_DYNAMIC_DISPATCH(PackRows)(kind, x, job, {0, job.count});
    return;
  }
  constexpr int64_t kSome = 16;
  parallel_for((job.count + kSome - 1) / kSome, [&](int64_t some) {
    HWY_DYNAMIC_DISPATCH(PackRows)
    (kind, x, job, {some * kSome, std::min(job.count, (some + 1) * kSome)});
  });
}

// Work is cut by rows and outputs only, so that every sum has one order.
void multiply_rows(ProductKind kind, const Job& job) {
  const int64_t count = panel_count(job.out), blocks = (job.count + kBlock - 1) / kBlock;
  const int64_t group = std::clamp<int64_t>(count * blocks / (8 * max_threads()), 1, 8);
  const int64_t groups = (count + group - 1) / group;
  parallel_for(blocks * groups, [&](int64_t task) {
    const int64_t begin = task / groups * kBlock, first = task % groups * group;
    HWY_DYNAMIC_DISPATCH(MultiplyTask)
    (kind, job, {begin, std::min(job.count, begin + kBlock)},
     {first, std::min(count, first + group)});
  });
}

float* room_for(Buffer& packed, int64_t rows, int64_t in) {
  return packed.reserve(static_cast<size_t>(product_bytes(rows, in)) / sizeof(float));
}

}  // namespace

std::string product_path(ProductKind kind) {
  const bool whole = kind.precision == Precision::kF32;
  if (kind.tiles) return "amx-" + (whole ? std::string("bf16x6") : name_of(kind.precision));
  const std::string its = HWY_DYNAMIC_DISPATCH(Instructions)(!whole && kind.native_bf16);
  return whole ? its : its + "-" + name_of(kind.precision);
}

int64_t panels_size(int64_t out, int64_t in, ProductKind kind) {
  return panel_count(out) * HWY_DYNAMIC_DISPATCH(PanelWidth)() *
         HWY_DYNAMIC_DISPATCH(UnitsOf)(kind, in);
}

void pack_panels(const float* weight, int64_t out, int64_t in, ProductKind kind, float* panels) {
  parallel_for(panel_count(out), [&](int64_t p) {
    HWY_DYNAMIC_DISPATCH(PackPanel)(kind, weight, out, in, p, panels);
  });
}

// A unit is a float's size and holds one input at least; x is packed in whole depths.
int64_t product_bytes(int64_t rows, int64_t in) {
  constexpr int64_t kDepth = 384;
  return std::min(rows, kMostRows) * ((in + kDepth - 1) / kDepth * kDepth + kDepth) * 4;
}

void panel_product(const float* x, int64_t rows, const Panels& weights, float* y,
                   std::optional<Activation> activation) {
  thread_local Buffer packed;
  const auto& [panels, bias, in, out, kind] = weights;
  for (int64_t begin = 0; begin < rows; begin += kMostRows) {
    const int64_t count = std::min(kMostRows, rows - begin);
    const Job job{room_for(packed, count, in),
                  count,
                  in,
                  panels,
                  bias,
                  out,
                  y + begin * out,
                  activation,
                  nullptr};
    pack_rows(x + begin * in, kind, job);
    multiply_rows(kind, job);
  }
}

void panel_products(const float* x, int64_t rows, const Panels& up, Activation activation,
                    const Panels& down, Buffer& inner, float* y) {
  thread_local Buffer packed;
  for (int64_t begin = 0; begin < rows; begin += kMostRows) {
    const int64_t count = std::min(kMostRows, rows - begin);
    float* middle = room_for(inner, count, down.in);
    const Job first{room_for(packed, count, up.in),
                    count,
                    up.in,
                    up.panels,
                    up.bias,
                    up.out,
                    nullptr,
                    activation,
                    middle};
    pack_rows(x + begin * up.in, up.kind, first);
    multiply_rows(up.kind, first);
    multiply_rows(down.kind, {middle,
                              count,
                              down.in,
                              down.panels,
                              down.bias,
                              down.out,
                              y + begin * down.out,
                              {},
                              nullptr});
  }
}

}  // namespace headscope
#endif  // HWY_ONCE
