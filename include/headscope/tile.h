// Tiles: the picture-sized pieces that views ask for. A tile is queries × keys of one head (or a
// combination of heads), after the fixed order of operations of every view:
//   weights → norm-weighting → head combination → sentence filter → special-token mask →
//   renormalise → word merge → (pooling).
// What comes later (top-k, threshold, scale) is drawing and is not done here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/run_control.h"

namespace headscope {

enum class Combine { kSeparate, kMean, kMax, kSum };
enum class SentenceFilter { kAll, kAA, kAB, kBA, kBB };
enum class SpecialMode { kShow, kHide, kHideRenormalise };
enum class Pool { kMax, kMean };

struct TileOps {
  Quantity quantity = Quantity::kWeight;
  Combine combine = Combine::kSeparate;
  SentenceFilter filter = SentenceFilter::kAll;
  SpecialMode special = SpecialMode::kShow;
  std::vector<int32_t> extra_special;  // tokens that the user marks as special
  bool renormalise = false;
  bool words = false;  // to a split word: sum over its keys; from it: mean over its queries

  friend bool operator==(const TileOps&, const TileOps&) = default;
};

// Rows and columns that remain after filter, special mode and word merge, in display order.
// Each has the half-open range of tokens it stands for. Special are the tokens that the template
// adds, the first token of causal models, and those that the user marks.
struct TileAxes {
  std::vector<Range> rows;
  std::vector<Range> cols;
};
TileAxes tile_axes(const TraceInfo& info, int stack, const TileOps& ops);

struct TileRequest {
  std::vector<HeadRef> heads;  // one, or several with ops.combine ≠ kSeparate
  TileOps ops;
  Range rows;  // into tile_axes().rows
  Range cols;
  int64_t out_rows = 0;  // 0 = one pixel a row; otherwise rows are pooled into this many, pixel i
  int64_t out_cols = 0;  // from row ⌊i·rows/out⌋ up to the next pixel's first
  Pool pool = Pool::kMax;
};

struct Tile {
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<float> values;  // [rows, cols]
  double total = 0;           // sum of the unpooled values
};

// Exact values, pooled where asked. Looks at the cancellation token between row blocks.
// Throws Error(kUsage) for ranges outside the axes and for quantities the source cannot give:
// rollout and flow ask for a source of theirs, quantity_source() of headscope/flow.h.
Tile compute_tile(const AttentionSource& source, const TileRequest& request,
                  const RunControl& control = {});

// Many tiles at once, one a request, spread over threads: the model view's thumbnails.
std::vector<Tile> compute_tiles(const AttentionSource& source,
                                const std::vector<TileRequest>& requests,
                                const RunControl& control = {});

}  // namespace headscope
