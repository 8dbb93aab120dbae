#include "kernels/panel_product.h"

#include <algorithm>

#include "base/parallel.h"
#include "headscope/tensor.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_product.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

// Products in one float32 chain.
constexpr int64_t kChain = 96;
// Inputs taken at once: their part of a panel stays near the first-level cache.
constexpr int64_t kDepth = 384;

int64_t PanelWidth() { return kPanel; }

void PackPanel(const float* weight, int64_t count, int64_t in, float* panel) {
  PackTransposed(weight, in, count, in, panel);
}

// y [rows, columns] = x [rows, depth] × panel, added to what is there where `add`.
void Step(Strided<const float> x, int64_t rows, int64_t depth, const float* panel, int64_t columns,
          Strided<float> y, bool add) {
  float edge[kRows * kPanel];
  // Steps of equal height: a last one of a row or two would cost as much as a full one.
  const int64_t steps = (rows + kRows - 1) / kRows, height = (rows + steps - 1) / steps;
  for (int64_t i = 0; i < rows; i += height) {
    const int64_t count = std::min(height, rows - i);
    const Strided<const float> from{x.data + i * x.stride, x.stride};
    float* to = y.data + i * y.stride;
    if (columns == kPanel) {
      MultiplyRows<kChain>(count, from, depth, panel, {to, y.stride}, add);
      continue;
    }
    for (int64_t r = 0; add && r < count; ++r) {
      std::copy_n(to + r * y.stride, columns, edge + r * kPanel);
    }
    MultiplyRows<kChain>(count, from, depth, panel, {edge, kPanel}, add);
    for (int64_t r = 0; r < count; ++r) {
      std::copy_n(edge + r * kPanel, columns, to + r * y.stride);
    }
  }
}

void AddBias(const float* HWY_RESTRICT bias, int64_t rows, int64_t columns, Strided<float> y) {
  const D d;
  for (int64_t i = 0; i < rows; ++i) {
    float* HWY_RESTRICT row = y.data + i * y.stride;
    int64_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      hn::StoreU(hn::Add(hn::LoadU(d, row + c), hn::LoadU(d, bias + c)), d, row + c);
    }
    for (; c < columns; ++c) row[c] += bias[c];
  }
}

// Rows x [rows, in] times panels `which` into y [rows, out].
void Block(const float* x, int64_t rows, int64_t in, const float* panels, const float* bias,
           int64_t out, Range which, float* y) {
  for (int64_t k = 0; k < in; k += kDepth) {
    const int64_t depth = std::min(kDepth, in - k);
    for (int64_t p = which.begin; p < which.end; ++p) {
      const int64_t first = p * kPanel, columns = std::min(kPanel, out - first);
      Step({x + k, in}, rows, depth, panels + first * in + k * kPanel, columns, {y + first, out},
           k > 0);
      if (bias && k + depth == in) AddBias(bias + first, rows, columns, {y + first, out});
    }
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(PanelWidth);
HWY_EXPORT(PackPanel);
HWY_EXPORT(Block);

namespace {

int64_t panel_count(int64_t out) {
  const int64_t width = HWY_DYNAMIC_DISPATCH(PanelWidth)();
  return (out + width - 1) / width;
}

}  // namespace

int64_t panels_size(int64_t out, int64_t in) {
  return panel_count(out) * HWY_DYNAMIC_DISPATCH(PanelWidth)() * in;
}

void pack_panels(const float* weight, int64_t out, int64_t in, float* panels) {
  const int64_t width = HWY_DYNAMIC_DISPATCH(PanelWidth)();
  parallel_for(panel_count(out), [&](int64_t p) {
    HWY_DYNAMIC_DISPATCH(PackPanel)
    (weight + p * width * in, std::min(width, out - p * width), in, panels + p * width * in);
  });
}

void panel_product(const float* x, int64_t rows, int64_t in, const float* panels, const float* bias,
                   int64_t out, float* y) {
  // Work is cut by rows and outputs only, so that every sum has one order.
  constexpr int64_t kBlock = 128;
  const int64_t count = panel_count(out), blocks = (rows + kBlock - 1) / kBlock;
  const int64_t group = std::clamp<int64_t>(count * blocks / (8 * max_threads()), 1, 8);
  const int64_t groups = (count + group - 1) / group;
  parallel_for(blocks * groups, [&](int64_t task) {
    const int64_t begin = task / groups * kBlock, first = task % groups * group;
    HWY_DYNAMIC_DISPATCH(Block)
    (x + begin * in, std::min(kBlock, rows - begin), in, panels, bias, out,
     {first, std::min(count, first + group)}, y + begin * out);
  });
}

}  // namespace headscope
#endif  // HWY_ONCE
