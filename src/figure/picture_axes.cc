#include "figure/picture_axes.h"

#include <algorithm>

#include "figure/app_keys.h"
#include "headscope/error.h"
#include "headscope/token_text.h"

namespace headscope {
namespace {

// The app's own key of the link for tokens that the user treats as special.
std::vector<int32_t> marked_tokens(const ViewState& state) {
  std::vector<int32_t> out;
  const std::string value = app_entry(state, "mk");
  for (size_t begin = 0; begin < value.size();) {
    const size_t end = std::min(value.find(',', begin), value.size());
    const std::string digits = value.substr(begin, end - begin);
    const bool plain = !digits.empty() && digits.size() <= 8 &&
                       digits.find_first_not_of("0123456789") == std::string::npos;
    if (plain) out.push_back(std::stoi(digits));
    begin = end + 1;
  }
  return out;
}

PictureAxis axis_of(const TokenSequence& tokens, bool byte_tokens,
                    const std::vector<Range>& ranges) {
  PictureAxis out;
  out.items.reserve(ranges.size());
  for (const Range range : ranges) {
    out.items.push_back({range, readable_word(tokens_in(tokens, range), byte_tokens)});
  }
  return out;
}

}  // namespace

TileOps tile_ops(const ViewState& state) {
  TileOps ops;
  ops.quantity = state.quantity;
  ops.combine = state.combine;
  ops.filter = state.filter;
  ops.special = state.special;
  ops.extra_special = marked_tokens(state);
  ops.renormalise = state.renormalise || state.special == SpecialMode::kHideRenormalise;
  ops.words = state.words;
  // Scores are no shares: there is no sum to divide by, and captions say that nothing was.
  if (ops.quantity == Quantity::kScore) {
    ops.renormalise = false;
    if (ops.special == SpecialMode::kHideRenormalise) ops.special = SpecialMode::kHide;
  }
  return ops;
}

std::optional<size_t> PictureAxis::find(int64_t token) const {
  const auto after =
      std::upper_bound(items.begin(), items.end(), token,
                       [](int64_t t, const AxisItem& i) { return t < i.tokens.begin; });
  if (after == items.begin()) return std::nullopt;
  const auto at = after - 1;
  if (token >= at->tokens.end) return std::nullopt;
  return static_cast<size_t>(at - items.begin());
}

PictureAxes picture_axes(const TraceInfo& info, int stack, const ViewState& state) {
  if (state.filter != SentenceFilter::kAll && !info.tokens(stack, Side::kQuery).text_b) {
    throw Error(ErrorCode::kUsage, "--attention between sentences on a single text",
                "a text B, or --attention all");
  }
  const TileAxes axes = tile_axes(info, stack, tile_ops(state));
  const bool bytes = info.model.byte_tokens;
  PictureAxes out{axis_of(info.tokens(stack, Side::kQuery), bytes, axes.rows),
                  axis_of(info.tokens(stack, Side::kKey), bytes, axes.cols)};
  if (out.queries.items.empty() || out.keys.items.empty()) {
    throw Error(ErrorCode::kUsage, "no token is left to draw", "another --attention or --special");
  }
  return out;
}

}  // namespace headscope
