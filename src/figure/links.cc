#include "figure/links.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "headscope/error.h"
#include "headscope/flow.h"
#include "headscope/tile.h"

namespace headscope {

namespace {

// The app's own key of the link for tokens that the user treats as special.
std::vector<int32_t> marked_tokens(const ViewState& state) {
  std::vector<int32_t> out;
  for (const auto& [key, value] : state.unknown) {
    if (key != "mk") continue;
    for (size_t begin = 0; begin < value.size();) {
      const size_t end = std::min(value.find(',', begin), value.size());
      const std::string digits = value.substr(begin, end - begin);
      const bool plain = !digits.empty() && digits.size() <= 8 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
      if (plain) out.push_back(std::stoi(digits));
      begin = end + 1;
    }
  }
  return out;
}

bool pinned(const std::vector<Pin>& pins, int query, int key) {
  if (pins.empty()) return true;
  return std::any_of(pins.begin(), pins.end(), [&](const Pin& pin) {
    return pin.index == (pin.side == PinSide::kQuery ? query : key);
  });
}

bool has_key_pin(const std::vector<Pin>& pins) {
  return std::any_of(pins.begin(), pins.end(),
                     [](const Pin& p) { return p.side == PinSide::kKey; });
}

std::vector<int> first_tokens(const std::vector<Range>& axis) {
  std::vector<int> out;
  for (const Range item : axis) out.push_back(static_cast<int>(item.begin));
  return out;
}

double sum_of(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += std::isfinite(v) ? std::abs(static_cast<double>(v)) : 0;
  return sum;
}

double largest_of(std::span<const float> values) {
  double most = 0;
  for (const float v : values) {
    if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
  }
  return most;
}

// The rows that are computed: all, or the pinned ones where a long text has no others.
std::vector<int> needed_rows(const AttentionSource& source, int stack, const VisibleTokens& visible,
                             const ViewState& state) {
  const int64_t n = source.info().tokens(stack, Side::kQuery).size();
  if (!is_of_layer(state.quantity)) return visible.queries;
  const int64_t at_once = queries_at_once(source.info(), stack, state.quantity);
  if (at_once == n || at_once == 0) return visible.queries;  // none at all: the source says why
  std::vector<int> out;
  for (const Pin& pin : state.pins) {
    if (pin.side == PinSide::kQuery) out.push_back(pin.index);
  }
  if (!out.empty() && !has_key_pin(state.pins) && !state.both_panels) return out;
  throw Error(
      ErrorCode::kUsage,
      std::string(name_of(state.quantity)) + " of " + std::to_string(n) + " tokens for all queries",
      "pinned queries alone, in one panel", "Give --pin, e.g. --pin q1", "HS-CAP-01");
}

// Rows [first, …) of `queries` that one tile may hold: neighbours, at most `most`.
size_t run_end(const std::vector<int>& axis, const std::vector<int>& queries, size_t first,
               size_t most) {
  size_t end = first + 1;
  const auto at = [&](size_t i) {
    return std::lower_bound(axis.begin(), axis.end(), queries[i]) - axis.begin();
  };
  while (end < queries.size() && end - first < most && at(end) == at(end - 1) + 1) ++end;
  return end;
}

// The totals of `rows`, of all `keys` keys: neighbouring queries are one tile.
void add_totals(const AttentionSource& source, TileRequest whole,
                const std::vector<ShownValues::Row*>& rows, int64_t keys,
                const RunControl& control) {
  whole.cols = {0, keys};
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const int first = rows[begin]->query;
    end = begin + 1;
    while (end < rows.size() && rows[end]->query == first + static_cast<int>(end - begin)) ++end;
    whole.rows = {first, first + static_cast<int64_t>(end - begin)};
    const Tile tile = compute_tile(source, whole, control);
    for (size_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i - begin) * static_cast<size_t>(keys);
      rows[i]->total = sum_of({tile.values.data() + at, static_cast<size_t>(keys)});
    }
  }
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

bool VisibleTokens::shows_query(int token) const {
  return std::binary_search(queries.begin(), queries.end(), token);
}
bool VisibleTokens::shows_key(int token) const {
  return std::binary_search(keys.begin(), keys.end(), token);
}

VisibleTokens visible_tokens(const TraceInfo& info, int stack, const ViewState& state) {
  if (state.filter != SentenceFilter::kAll && !info.tokens(stack, Side::kQuery).text_b) {
    throw Error(ErrorCode::kUsage, "--attention between sentences on a single text",
                "a text B, or --attention all");
  }
  const TileAxes axes = tile_axes(info, stack, tile_ops(state));
  VisibleTokens out{first_tokens(axes.rows), first_tokens(axes.cols)};
  if (out.queries.empty() || out.keys.empty()) {
    throw Error(ErrorCode::kUsage, "no token is left to draw", "another --attention or --special");
  }
  return out;
}

ShownValues shown_values(const AttentionSource& source, const std::vector<Series>& series,
                         const VisibleTokens& visible, const ViewState& state,
                         const RunControl& control) {
  constexpr size_t kBlock = 64;
  const int stack = series.front().heads.front().stack;
  const std::vector<int> queries = needed_rows(source, stack, visible, state);
  TileRequest request;
  request.ops = tile_ops(state);
  const bool renormalise = request.ops.renormalise;
  const auto keys = static_cast<int64_t>(visible.keys.size());
  const int64_t all_keys = source.info().tokens(stack, Side::kKey).size();
  const bool hides = keys < all_keys;
  TileRequest whole;  // of a row, nothing hidden
  whole.ops.quantity = state.quantity;

  ShownValues out;
  double largest = 0;
  for (const Series& one : series) {
    auto& rows = out.rows.emplace_back();
    request.heads = whole.heads = one.heads;
    request.ops.combine = whole.ops.combine =
        one.heads.size() > 1 ? state.combine : Combine::kSeparate;
    for (size_t begin = 0; begin < queries.size();) {
      const size_t end = run_end(visible.queries, queries, begin, kBlock);
      const auto at =
          std::lower_bound(visible.queries.begin(), visible.queries.end(), queries[begin]) -
          visible.queries.begin();
      request.rows = {at, at + static_cast<int64_t>(end - begin)};
      request.cols = {0, keys};
      const Tile tile = compute_tile(source, request, control);
      const size_t before = rows.size();
      std::vector<ShownValues::Row*> hidden;  // rows whose total has keys that are not shown
      for (size_t i = begin; i < end; ++i) {
        const auto from = tile.values.begin() + static_cast<int64_t>(i - begin) * keys;
        ShownValues::Row row{queries[i], {from, from + keys}, 0};
        row.total = sum_of(row.values);
        largest = std::max(largest, largest_of(row.values));
        rows.push_back(std::move(row));
      }
      for (size_t i = before; i < rows.size(); ++i) {
        if (hides && !(renormalise && rows[i].total > 0)) hidden.push_back(&rows[i]);
      }
      add_totals(source, whole, hidden, all_keys, control);
      begin = end;
    }
  }
  const bool sums = state.combine == Combine::kSum && series.front().heads.size() > 1;
  if ((state.quantity != Quantity::kWeight || sums) && largest > 0) out.largest = largest;
  return out;
}

int effective_topk(const ViewState& state, const VisibleTokens& visible) {
  const size_t n = std::max(visible.queries.size(), visible.keys.size());
  return state.topk.value_or(n > 128 ? 8 : 0);
}

double strength(double value, Scale scale, double row_largest) {
  const double a = std::abs(value);
  switch (scale) {
    case Scale::kRow:
      return row_largest > 0 ? std::min(1.0, a / row_largest) : 0;
    case Scale::kLog:
      return a > 0 ? std::clamp(1 + std::log10(a) / 4, 0.0, 1.0) : 0;
    case Scale::kLinear:
      break;
  }
  return std::min(1.0, a);
}

namespace {

// The k-th largest |value|: ties with it stay.
double least_kept(const std::vector<float>& values, int topk) {
  const auto k = static_cast<size_t>(topk);
  if (k == 0 || values.size() <= k) return 0;
  std::vector<float> sizes;
  for (const float v : values) sizes.push_back(std::isfinite(v) ? std::abs(v) : 0.0f);
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(k - 1), sizes.end(),
                   std::greater<>());
  return static_cast<double>(sizes[k - 1]);
}

}  // namespace

LinkSet collect_links(const ShownValues& shown, const VisibleTokens& visible,
                      const ViewState& state, const std::vector<Pin>& pins) {
  const int topk = effective_topk(state, visible);
  // Values are float32: one that was 0.01 is then 0.00999999978, and lies on a threshold of 0.01.
  const double threshold =
      std::min(state.threshold, static_cast<double>(static_cast<float>(state.threshold)));
  LinkSet out;
  for (size_t s = 0; s < shown.rows.size(); ++s) {
    for (const ShownValues::Row& row : shown.rows[s]) {
      const bool whole_row = pins.empty() || (!has_key_pin(pins) && pinned(pins, row.query, -1));
      if (whole_row) out.total += row.total;
      const double floor = least_kept(row.values, topk);
      const double row_largest = largest_of(row.values) / shown.largest;
      for (size_t k = 0; k < row.values.size(); ++k) {
        const int key = visible.keys[k];
        if (!pinned(pins, row.query, key)) continue;
        const float value = row.values[k];
        if (!std::isfinite(value)) continue;  // the score of a masked key
        const double size = std::abs(static_cast<double>(value));
        ++out.possible;
        if (!whole_row) out.total += size;
        if (size == 0 || size < threshold || size < floor) continue;
        out.drawn += size;
        out.links.push_back({static_cast<int>(s), row.query, key, value,
                             strength(size / shown.largest, state.scale, row_largest)});
      }
    }
  }
  std::stable_sort(out.links.begin(), out.links.end(), [](const Link& x, const Link& y) {
    if (x.strength != y.strength) return x.strength < y.strength;
    return std::abs(x.value) < std::abs(y.value);
  });
  return out;
}

}  // namespace headscope
