// The two products of attention, for attention.cc: packed panels, and the scores of a block of rows
// in tiles of keys.
//
// For Highway's foreach_target files, after <hwy/highway.h>; hence the guard that opens once a
// target.
#if defined(HEADSCOPE_KERNELS_BLOCK_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADSCOPE_KERNELS_BLOCK_PRODUCTS_INL_H
#undef HEADSCOPE_KERNELS_BLOCK_PRODUCTS_INL_H
#else
#define HEADSCOPE_KERNELS_BLOCK_PRODUCTS_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include "headscope/score_kernel.h"
#include "kernels/attention.h"
#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

inline int64_t Panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// One panel of a row-major matrix [depth, columns ≤ kPanel]; missing columns are 0.
inline void PackRows(const float* from, int64_t stride, int64_t depth, int64_t columns,
                     float* panel) {
  for (int64_t k = 0; k < depth; ++k, panel += kPanel) {
    std::copy_n(from + k * stride, columns, panel);
    std::fill_n(panel + columns, kPanel - columns, 0.0f);
  }
}

// Rows of a step: as many steps as must be, of equal height.
inline int64_t HeightOf(int64_t count) {
  const int64_t steps = (count + kRows - 1) / kRows;
  return (count + steps - 1) / steps;
}

// out [count, kPanel] = rows [count, depth] × panel, added to what is there where `add`.
inline void PanelProduct(Strided<const float> rows, int64_t count, int64_t depth,
                         const float* panel, Strided<float> out, bool add = false) {
  const int64_t height = HeightOf(count);
  for (int64_t i = 0; i < count; i += height) {
    MultiplyRows(std::min(height, count - i), {rows.data + i * rows.stride, rows.stride}, depth,
                 panel, {out.data + i * out.stride, out.stride}, add);
  }
}

// out [count, panels · kPanel] = rows [count, depth] × packed matrix.
inline void Product(Strided<const float> rows, int64_t count, int64_t depth, const float* packed,
                    int64_t panels, float* out) {
  const int64_t stride = panels * kPanel;
  for (int64_t p = 0; p < panels; ++p) {
    PanelProduct(rows, count, depth, packed + p * depth * kPanel, {out + p * kPanel, stride});
  }
}

// The keys that at least one of `rows` sees. It begins at a multiple of both a panel and a chain of
// products, so that a row's sums are cut alike whatever rows stand beside it.
inline Range KeysOf(const HeadView& head, Range rows) {
  constexpr int64_t kStep = HWY_MAX(kChunk, kPanel);
  Range keys{head.keys, 0};
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    const Range seen = visible_keys(head.rule.mask, i, head.keys);
    if (seen.begin == seen.end) continue;
    keys = {std::min(keys.begin, seen.begin), std::max(keys.end, seen.end)};
  }
  if (keys.begin >= keys.end) return {};
  return {keys.begin / kStep * kStep, keys.end};
}

// Keys that the packed head has place for.
inline int64_t RoomOf(const HeadView& head) { return std::max(head.room, head.keys); }

// Keys of a tile of scores: what is done to them between the two products finds them in the
// first-level cache. Sums are cut at its bounds in any case.
constexpr int64_t kTile = 128;
static_assert(kTile % kPanel == 0 && kTile % kChunk == 0);

inline int64_t Tiles(int64_t keys) { return (keys + kTile - 1) / kTile; }

// Scores of a block of rows with the keys that they see, tile by tile, and what those weigh of the
// values. A tile lies in one piece, [rows, kTile]: whole rows of some thousand keys would be a
// multiple of 4 KB apart and fall on few sets of the caches.
class BlockProducts {
 public:
  BlockProducts(const HeadView& head, const float* packed, Range rows, float* scratch)
      : head_(head), packed_(packed), rows_(rows.size()), keys_(KeysOf(head, rows)) {
    queries_ = scratch;
    tiles_ = queries_ + rows_ * head.width;
    contexts_ = tiles_ + rows_ * Tiles(keys_.size()) * kTile;
    // One under the other, for the same reason.
    for (int64_t i = 0; i < rows_; ++i) {
      std::copy_n(head.query.row(rows.begin + i), head.width, queries_ + i * head.width);
    }
  }

  int64_t tiles() const { return Tiles(keys_.size()); }
  Range keys(int64_t tile) const {
    const int64_t begin = keys_.begin + tile * kTile;
    return {begin, std::min(keys_.end, begin + kTile)};
  }
  float* row(int64_t tile, int64_t i) const { return tiles_ + (tile * rows_ + i) * kTile; }
  const float* context(int64_t i) const {
    return contexts_ + i * Panels(head_.value_width) * kPanel;
  }

  void scores(int64_t tile) const {
    const Range its = keys(tile);
    for (int64_t p = 0; p < Panels(its.size()); ++p) {
      PanelProduct({queries_, head_.width}, rows_, head_.width,
                   packed_ + (its.begin + p * kPanel) * head_.width,
                   {row(tile, 0) + p * kPanel, kTile});
    }
  }
  // Added to those of the tiles before.
  void contexts(int64_t tile) const {
    const Range its = keys(tile);
    const int64_t room = RoomOf(head_), panels = Panels(head_.value_width);
    const float* values = packed_ + Panels(room) * kPanel * head_.width;
    for (int64_t p = 0; p < panels; ++p) {
      PanelProduct({row(tile, 0), kTile}, rows_, its.size(),
                   values + (p * room + its.begin) * kPanel,
                   {contexts_ + p * kPanel, panels * kPanel}, tile > 0);
    }
  }

 private:
  const HeadView& head_;
  const float* packed_;
  int64_t rows_;
  Range keys_;
  float *queries_, *tiles_, *contexts_;
};

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the guard
