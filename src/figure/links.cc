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

bool pins(const std::vector<Pin>& pins, PinSide side, Range item) {
  return std::any_of(pins.begin(), pins.end(), [&](const Pin& pin) {
    return pin.side == side && item.begin <= pin.index && pin.index < item.end;
  });
}

bool has_key_pin(const std::vector<Pin>& pins) {
  return std::any_of(pins.begin(), pins.end(),
                     [](const Pin& p) { return p.side == PinSide::kKey; });
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

std::vector<size_t> all_items(const PictureAxis& axis) {
  std::vector<size_t> out(axis.size());
  std::iota(out.begin(), out.end(), size_t{0});
  return out;
}

// The rows that are computed: all, or the pinned ones where a long text has no others.
std::vector<size_t> needed_rows(const AttentionSource& source, int stack, const PictureAxes& axes,
                                const ViewState& state) {
  const int64_t n = source.info().tokens(stack, Side::kQuery).size();
  if (!is_of_layer(state.quantity)) return all_items(axes.queries);
  const int64_t at_once = queries_at_once(source.info(), stack, state.quantity);
  if (at_once == n || at_once == 0) return all_items(axes.queries);  // none: the source says why
  std::vector<size_t> out;
  for (size_t i = 0; i < axes.queries.size(); ++i) {
    if (pins(state.pins, PinSide::kQuery, axes.queries.items[i].tokens)) out.push_back(i);
  }
  if (!out.empty() && !has_key_pin(state.pins) && !state.both_panels) return out;
  throw Error(
      ErrorCode::kUsage,
      std::string(name_of(state.quantity)) + " of " + std::to_string(n) + " tokens for all queries",
      "pinned queries alone, in one panel", "Give --pin, e.g. --pin q1", "HS-CAP-01");
}

// First behind a run of neighbours that begins at `first`, at most `most` long.
size_t run_end(const std::vector<size_t>& items, size_t first, size_t most) {
  size_t end = first + 1;
  while (end < items.size() && end - first < most && items[end] == items[end - 1] + 1) ++end;
  return end;
}

// Computes the totals of rows of which some keys are hidden.
class WholeRows {
 public:
  WholeRows(const AttentionSource& source, int stack, const PictureAxes& axes,
            const ViewState& state)
      : source_(source), axes_(axes) {
    request_.ops.quantity = state.quantity;
    request_.ops.words = state.words;
    const TileAxes whole = tile_axes(source.info(), stack, request_.ops);
    request_.cols = {0, static_cast<int64_t>(whole.cols.size())};
    rows_ = whole.rows;
  }
  int64_t keys() const { return request_.cols.end; }

  // Neighbouring queries are one tile.
  void add_totals(const Series& series, Combine combine, const std::vector<ShownValues::Row*>& rows,
                  const RunControl& control) {
    request_.heads = series.heads;
    request_.ops.combine = combine;
    for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
      const int64_t first = row_of(*rows[begin]);
      end = begin + 1;
      while (end < rows.size() && row_of(*rows[end]) == first + static_cast<int64_t>(end - begin)) {
        ++end;
      }
      request_.rows = {first, first + static_cast<int64_t>(end - begin)};
      const Tile tile = compute_tile(source_, request_, control);
      const auto width = static_cast<size_t>(keys());
      for (size_t i = begin; i < end; ++i) {
        rows[i]->total = sum_of({tile.values.data() + (i - begin) * width, width});
      }
    }
  }

 private:
  // The row's index in the whole map.
  int64_t row_of(const ShownValues::Row& row) const {
    const int64_t token = axes_.queries.items[row.query].tokens.begin;
    const auto after = std::upper_bound(rows_.begin(), rows_.end(), token,
                                        [](int64_t t, Range r) { return t < r.begin; });
    return after - rows_.begin() - 1;
  }

  const AttentionSource& source_;
  const PictureAxes& axes_;
  TileRequest request_;
  std::vector<Range> rows_;
};

}  // namespace

ShownValues shown_values(const AttentionSource& source, const std::vector<Series>& series,
                         const PictureAxes& axes, const ViewState& state,
                         const RunControl& control) {
  constexpr size_t kBlock = 64;
  const int stack = series.front().heads.front().stack;
  const std::vector<size_t> queries = needed_rows(source, stack, axes, state);
  TileRequest request;
  request.ops = tile_ops(state);
  const bool renormalise = request.ops.renormalise;
  const auto keys = static_cast<int64_t>(axes.keys.size());
  request.cols = {0, keys};
  WholeRows whole(source, stack, axes, state);
  const bool hides = keys < whole.keys();

  ShownValues out;
  double largest = 0;
  for (const Series& one : series) {
    auto& rows = out.rows.emplace_back();
    request.heads = one.heads;
    request.ops.combine = one.heads.size() > 1 ? state.combine : Combine::kSeparate;
    for (size_t begin = 0; begin < queries.size();) {
      const size_t end = run_end(queries, begin, kBlock);
      const auto at = static_cast<int64_t>(queries[begin]);
      request.rows = {at, at + static_cast<int64_t>(end - begin)};
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
      whole.add_totals(one, request.ops.combine, hidden, control);
      begin = end;
    }
  }
  const bool sums = state.combine == Combine::kSum && series.front().heads.size() > 1;
  if ((state.quantity != Quantity::kWeight || sums) && largest > 0) out.largest = largest;
  return out;
}

int effective_topk(const ViewState& state, const PictureAxes& axes) {
  const std::vector<AxisItem>& keys = axes.keys.items;
  const bool sink = !keys.empty() && keys.back().kind == ItemKind::kSink;
  const size_t n = std::max(axes.queries.size(), keys.size() - (sink ? 1 : 0));
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

LinkSet collect_links(const ShownValues& shown, const PictureAxes& axes, const ViewState& state,
                      const std::vector<Pin>& pinned) {
  const int topk = effective_topk(state, axes);
  // Values are float32: 0.01 is stored as 0.00999999978 and must pass a threshold of 0.01.
  const double threshold =
      std::min(state.threshold, static_cast<double>(static_cast<float>(state.threshold)));
  const bool by_key = has_key_pin(pinned);
  LinkSet out;
  for (size_t s = 0; s < shown.rows.size(); ++s) {
    for (const ShownValues::Row& row : shown.rows[s]) {
      const bool query = pins(pinned, PinSide::kQuery, axes.queries.items[row.query].tokens);
      const bool whole_row = pinned.empty() || (!by_key && query);
      if (whole_row) out.total += row.total;
      const double floor = least_kept(row.values, topk);
      const double row_largest = largest_of(row.values) / shown.largest;
      for (size_t k = 0; k < row.values.size(); ++k) {
        const bool wanted = pinned.empty() || query ||
                            (by_key && pins(pinned, PinSide::kKey, axes.keys.items[k].tokens));
        if (!wanted) continue;
        const float value = row.values[k];
        if (!std::isfinite(value)) continue;  // the score of a masked key
        const double size = std::abs(static_cast<double>(value));
        ++out.possible;
        if (!whole_row) out.total += size;
        if (size == 0 || size < threshold || size < floor) continue;
        out.drawn += size;
        out.links.push_back({static_cast<int>(s), row.query, k, value,
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
