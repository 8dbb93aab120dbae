// The rows and columns of a picture, as they are drawn: after sentence filter, special-token mode
// and word merge. Twin of web/src/ui/picture_axes.ts.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "headscope/tile.h"
#include "headscope/trace_info.h"
#include "headscope/view_state.h"

namespace headscope {

// kUnmatched: of comparisons, stands on one side alone. kSink: what goes to no token.
enum class ItemKind { kTokens, kUnmatched, kSink };
struct AxisItem {
  Range tokens;      // that it stands for; one, or the pieces of a word
  std::string text;  // as people read it (headscope/token_text.h)
  ItemKind kind = ItemKind::kTokens;
};
struct PictureAxis {
  std::vector<AxisItem> items;
  size_t size() const { return items.size(); }
  // The item that holds a token; nullopt where the token is hidden.
  std::optional<size_t> find(int64_t token) const;
};
struct PictureAxes {
  PictureAxis queries, keys;
};
inline size_t longer_side(const PictureAxes& axes) {
  return std::max(axes.queries.size(), axes.keys.size());
}

// The part of the order of operations that tiles do (headscope/tile.h). Tokens that the app's
// reader marked as special are in the link's key mk.
TileOps tile_ops(const ViewState& state);

// Throws Error(kUsage) for a sentence filter on a text without B, and where no token is left.
PictureAxes picture_axes(const TraceInfo& info, int stack, const ViewState& state);

}  // namespace headscope
