// A checked tile request, cut into pieces that fit the cache: bands of rows (the unit that threads
// share) and, inside a band, chunks of columns.
#pragma once

#include <span>
#include <vector>

#include "headscope/tile.h"

namespace headscope {

// One side of a tile: display items (rows or columns, each a range of tokens) pooled into pixels.
struct TileSide {
  std::span<const Range> items;  // the requested ones, of the axes
  int64_t out = 0;               // pixels

  // First item of pixel i: ⌊i·size/out⌋, a rule that views rely on.
  int64_t first_item(int64_t pixel) const {
    return pixel * static_cast<int64_t>(items.size()) / out;
  }
  Range items_of(Range pixels) const { return {first_item(pixels.begin), first_item(pixels.end)}; }
  // Tokens from the first to the last of some items, hidden ones between them included.
  Range tokens_of(Range some) const { return {items[some.begin].begin, items[some.end - 1].end}; }
  // Runs of pixels of at most `limit` tokens each, but at least one pixel.
  std::vector<Range> groups(int64_t limit) const;
};

struct TilePlan {
  const TileRequest* request = nullptr;
  TileSide rows, cols;
  bool renormalise = false;
  std::span<const Range> visible;  // renormalise: all columns of the axes
  std::vector<Range> bands;        // of pixel rows
  std::vector<Range> chunks;       // of pixel columns
  int64_t row_limit = 0;           // token rows held at a time
};

// The plan looks into the axes, which must outlive it: a preview is thousands of single rows, and a
// copy of 8,192 columns for each would be most of its work. `alone`: few requests share the
// threads, so bands are smaller. Throws Error(kUsage) where the request does not fit the source.
TilePlan plan_tile(const AttentionSource& source, const TileRequest& request, const TileAxes& axes,
                   bool alone);

}  // namespace headscope
