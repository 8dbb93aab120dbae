// Tiles against their definition, written out naively in double precision: every operation over the
// whole map, in the order of tile.h.
#include "headscope/tile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/trace.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

using Map = std::vector<std::vector<double>>;

// [CLS] a b ##c [SEP] d ##e ##f g [SEP] and more words, so that bands and chunks are several.
TokenSequence tokens(int n) {
  TokenSequence t;
  for (int i = 0; i < n; ++i) {
    const bool special = i == 0 || i == n / 2 || i == n - 1;
    const bool piece = !special && i % 4 == 3 && i > 1 && !t.special.back();
    t.tokens.push_back(special ? "[S]" : piece ? "##p" : "w");
    t.ids.push_back(i);
    t.special.push_back(special);
    t.words.push_back(special ? -1 : piece ? t.words.back() : i);
    t.segment_ids.push_back(i > n / 2);
    t.offsets.push_back({});
  }
  t.sentences = t.segment_ids;
  t.text_b = "";
  return t;
}

std::vector<float> randoms(std::mt19937& random, int64_t count, float spread = 1) {
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> v(static_cast<size_t>(count));
  for (float& x : v) x = normal(random);
  return v;
}

// Two layers of three heads on one key/value head, Dh 8, with value norms.
std::shared_ptr<Trace> make_trace(int n, MaskInfo mask = {}) {
  constexpr int kHeads = 3, kWidth = 8;
  std::mt19937 random(static_cast<unsigned>(n));
  TraceInfo info;
  info.set_sequence("text", tokens(n));
  StackInfo stack;
  for (const int number : {4, 7}) {
    LayerInfo layer;
    layer.layer = number;
    layer.heads = kHeads;
    layer.kv_heads = 1;
    layer.head_dim = layer.value_dim = kWidth;
    layer.rule.scale = 0.5f;
    layer.rule.mask = mask;
    stack.layers.push_back(layer);
  }
  info.stacks = {stack};
  StackArrays arrays;
  for (int l = 0; l < 2; ++l) {
    const std::vector<float> query = randoms(random, kHeads * n * kWidth);
    const std::vector<float> key = randoms(random, n * kWidth);
    std::vector<float> norms = randoms(random, kHeads * n), sums;
    for (float& x : norms) x = std::abs(x);
    for (int64_t row = 0; row < kHeads * n; ++row) {
      double sum = 0;
      for (int64_t j = 0; j < n; ++j) {
        if (mask.kind == MaskKind::kCausal && j > row % n) continue;
        double s = 0;
        for (int k = 0; k < kWidth; ++k) {
          s += static_cast<double>(query[row * kWidth + k]) * key[j * kWidth + k];
        }
        sum += std::exp(0.5 * s);
      }
      sums.push_back(static_cast<float>(std::log(sum)));
    }
    LayerArrays a;
    a.query = Array::from(query, {kHeads, n, kWidth});
    a.key = Array::from(key, {1, n, kWidth});
    a.value_norm = Array::from(std::move(norms), {kHeads, n});
    a.logsumexp = Array::from(std::move(sums), {kHeads, n});
    arrays.push_back(std::move(a));
  }
  return std::make_shared<Trace>(info, std::vector<StackArrays>{arrays});
}

Map base_map(const Trace& trace, HeadRef head, Quantity quantity) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  const auto q = trace.query(head), k = trace.key(head);
  const auto lse = trace.logsumexp(head);
  Map map(static_cast<size_t>(n), std::vector<double>(static_cast<size_t>(n)));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double s = 0;
      for (int64_t d = 0; d < 8; ++d) s += static_cast<double>(q(i, d)) * k(j, d);
      s *= 0.5;
      const bool hidden =
          trace.info().stacks[0].layers[0].rule.mask.kind == MaskKind::kCausal && j > i;
      if (quantity == Quantity::kScore) {
        map[i][j] = hidden ? -std::numeric_limits<double>::infinity() : s;
        continue;
      }
      map[i][j] = hidden ? 0 : std::exp(s - static_cast<double>(lse(i)));
      if (quantity == Quantity::kNorm) map[i][j] *= static_cast<double>(trace.value_norm(head)(j));
    }
  }
  return map;
}

// After combination, filter, special mask, renormalisation and word merge: [axis rows, axis cols].
Map expected_map(const Trace& trace, const std::vector<HeadRef>& heads, const TileOps& ops) {
  Map map = base_map(trace, heads[0], ops.quantity);
  for (size_t h = 1; h < heads.size(); ++h) {
    const Map other = base_map(trace, heads[h], ops.quantity);
    for (size_t i = 0; i < map.size(); ++i) {
      for (size_t j = 0; j < map.size(); ++j) {
        map[i][j] = ops.combine == Combine::kMax ? std::max(map[i][j], other[i][j])
                                                 : map[i][j] + other[i][j];
      }
    }
  }
  if (ops.combine == Combine::kMean) {
    for (auto& row : map) {
      for (double& x : row) x /= static_cast<double>(heads.size());
    }
  }
  const TokenSequence& t = trace.info().tokens(0, Side::kQuery);
  const auto keep = [&](int sentence) {
    std::vector<int> kept;
    for (int i = 0; i < t.size(); ++i) {
      if (sentence >= 0 && t.sentences[i] != sentence) continue;
      const bool marked = std::count(ops.extra_special.begin(), ops.extra_special.end(), i) > 0;
      const bool first =
          trace.info().stacks[0].layers[0].rule.mask.kind == MaskKind::kCausal && i == 0;
      if (ops.special != SpecialMode::kShow && (t.special[i] || marked || first)) continue;
      kept.push_back(i);
    }
    return kept;
  };
  const bool all = ops.filter == SentenceFilter::kAll;
  const int from = ops.filter == SentenceFilter::kBA || ops.filter == SentenceFilter::kBB;
  const int to = ops.filter == SentenceFilter::kAB || ops.filter == SentenceFilter::kBB;
  const auto rows = keep(all ? -1 : from), cols = keep(all ? -1 : to);
  if (ops.renormalise || ops.special == SpecialMode::kHideRenormalise) {
    for (const int i : rows) {
      double sum = 0;
      for (const int j : cols) sum += map[i][j];
      for (const int j : cols) {
        if (sum > 0) map[i][j] /= sum;
      }
    }
  }
  const auto groups = [&](const std::vector<int>& kept) {
    std::vector<std::vector<int>> result;
    for (const int i : kept) {
      const bool joins = ops.words && !result.empty() && t.words[i] >= 0 &&
                         result.back().back() == i - 1 && t.words[i] == t.words[i - 1];
      if (!joins) result.emplace_back();
      result.back().push_back(i);
    }
    return result;
  };
  Map shown;
  for (const auto& row : groups(rows)) {
    shown.emplace_back();
    for (const auto& col : groups(cols)) {
      double sum = 0;
      for (const int i : row) {
        for (const int j : col) sum += map[i][j];
      }
      shown.back().push_back(sum / static_cast<double>(row.size()));
    }
  }
  return shown;
}

void expect_tile(const Trace& trace, const TileRequest& request, const std::string& what) {
  const Map map = expected_map(trace, request.heads, request.ops);
  const Tile tile = compute_tile(trace, request);
  const int64_t out_rows = request.out_rows ? request.out_rows : request.rows.size();
  const int64_t out_cols = request.out_cols ? request.out_cols : request.cols.size();
  ASSERT_EQ(tile.rows, out_rows) << what;
  ASSERT_EQ(tile.cols, out_cols) << what;
  const auto run = [](Range range, int64_t out, int64_t pixel) {
    return Range{range.begin + pixel * range.size() / out,
                 range.begin + (pixel + 1) * range.size() / out};
  };
  double worst = 0, total = 0;
  for (int64_t r = 0; r < out_rows; ++r) {
    for (int64_t c = 0; c < out_cols; ++c) {
      const Range rows = run(request.rows, out_rows, r), cols = run(request.cols, out_cols, c);
      double best = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t i = rows.begin; i < rows.end; ++i) {
        for (int64_t j = cols.begin; j < cols.end; ++j) {
          best = std::max(best, map[i][j]);
          sum += map[i][j];
        }
      }
      total += sum;
      const double expected =
          request.pool == Pool::kMax ? best : sum / static_cast<double>(rows.size() * cols.size());
      const auto got = static_cast<double>(tile.values[r * out_cols + c]);
      if (std::isinf(expected)) {
        EXPECT_EQ(got, expected) << what;
      } else {
        worst = std::max(worst, std::abs(got - expected) / std::max(1.0, std::abs(expected)));
      }
    }
  }
  EXPECT_LE(worst, 3e-6) << what;
  if (!std::isfinite(total)) return;
  EXPECT_NEAR(tile.total, total, 2e-5 * std::max(1.0, std::abs(total))) << what;
}

struct OpsCase {
  const char* name;
  TileOps ops;
  std::vector<int> heads = {1};
};
const OpsCase kOps[] = {
    {"plain", {}},
    {"norm", {.quantity = Quantity::kNorm}},
    {"score", {.quantity = Quantity::kScore}},
    {"mean", {.combine = Combine::kMean}, {0, 1, 2}},
    {"max of norms", {.quantity = Quantity::kNorm, .combine = Combine::kMax}, {2, 0}},
    {"sum", {.combine = Combine::kSum}, {0, 2}},
    {"a to b", {.filter = SentenceFilter::kAB}},
    {"b to a, renormalised", {.filter = SentenceFilter::kBA, .renormalise = true}},
    {"b to b, words", {.filter = SentenceFilter::kBB, .words = true}},
    {"hide", {.special = SpecialMode::kHide}},
    {"hide, renormalise, marked",
     {.special = SpecialMode::kHideRenormalise, .extra_special = {2, 9, 10}}},
    {"words", {.words = true}},
    {"everything",
     {.quantity = Quantity::kNorm,
      .combine = Combine::kMean,
      .filter = SentenceFilter::kAB,
      .special = SpecialMode::kHideRenormalise,
      .extra_special = {3, 25},
      .words = true},
     {1, 2}},
};

TEST(Tile, FollowsTheOrderOfOperations) {
  for (const int n : {5, 31, 150}) {
    for (const bool causal : {false, true}) {
      const auto trace = make_trace(n, {causal ? MaskKind::kCausal : MaskKind::kNone});
      for (const OpsCase& c : kOps) {
        TileRequest request;
        for (const int h : c.heads) request.heads.push_back({0, {7, h}});
        request.ops = c.ops;
        const TileAxes axes = tile_axes(trace->info(), 0, c.ops);
        const auto rows = static_cast<int64_t>(axes.rows.size());
        const auto cols = static_cast<int64_t>(axes.cols.size());
        const std::string what = std::string(c.name) + (causal ? " causal" : "");
        request.rows = {0, rows};
        request.cols = {0, cols};
        expect_tile(*trace, request, what);
        if (n < 31) continue;
        request.out_rows = 7;
        request.out_cols = 3;
        expect_tile(*trace, request, what + " pooled");
        request.pool = Pool::kMean;
        request.rows = {2, rows - 1};
        request.cols = {1, cols - 2};
        expect_tile(*trace, request, what + " pooled part");
      }
    }
  }
}

TEST(Tile, LongRowsAreCutIntoChunksAndBands) {
  const auto trace = make_trace(2300);
  TileRequest request{.heads = {{0, {4, 2}}}, .rows = {0, 2300}, .cols = {0, 2300}};
  request.out_rows = 9;
  request.out_cols = 2;
  expect_tile(*trace, request, "two pixels wider than a chunk");
  request.out_cols = 300;
  request.pool = Pool::kMean;
  expect_tile(*trace, request, "many pixels");
  request.ops.special = SpecialMode::kHideRenormalise;
  request.rows = request.cols = {5, 2200};
  expect_tile(*trace, request, "whole rows");
}

TEST(Tile, ManyTilesAreTheSameBitsAsOneAndAnyNumberOfThreads) {
  const auto trace = make_trace(150);
  std::vector<TileRequest> requests;
  for (const HeadRef head : trace->all_heads()) {
    for (const Pool pool : {Pool::kMax, Pool::kMean}) {
      requests.push_back({.heads = {head},
                          .rows = {0, 150},
                          .cols = {0, 150},
                          .out_rows = 32,
                          .out_cols = 32,
                          .pool = pool});
    }
  }
  set_max_threads(3);
  const auto together = compute_tiles(*trace, requests);
  set_max_threads(1);
  for (size_t k = 0; k < requests.size(); ++k) {
    const Tile alone = compute_tile(*trace, requests[k]);
    EXPECT_EQ(alone.values, together[k].values) << k;
    EXPECT_NEAR(alone.total, 150, 1e-3) << k;
  }
  set_max_threads(0);
}

TEST(Tile, StopsWhenCancelled) {
  const auto trace = make_trace(31);
  RunControl control;
  control.cancel.cancel();
  const TileRequest request{.heads = {{0, {4, 0}}}, .rows = {0, 31}, .cols = {0, 31}};
  EXPECT_THROW(compute_tile(*trace, request, control), Error);
}

struct BadCase {
  const char* name;
  TileRequest request;
  const char* says;
};

TEST(Tile, RefusesWhatItCannotGive) {
  const auto trace = make_trace(31);
  const HeadRef head{0, {4, 0}}, other{0, {7, 1}};
  const Range all{0, 31};
  const BadCase cases[] = {
      {"no head", {.rows = all, .cols = all}, "no head"},
      {"two heads", {.heads = {head, other}, .rows = all, .cols = all}, "combine"},
      {"layer", {.heads = {{0, {5, 0}}}, .rows = all, .cols = all}, "layer 5"},
      {"head", {.heads = {{0, {4, 3}}}, .rows = all, .cols = all}, "L4H3"},
      {"stack", {.heads = {{1, {4, 0}}}, .rows = all, .cols = all}, "stack 1"},
      {"rows", {.heads = {head}, .rows = {0, 32}, .cols = all}, "rows 0:32"},
      {"cols", {.heads = {head}, .rows = all, .cols = {-1, 3}}, "cols -1:3"},
      {"pixels", {.heads = {head}, .rows = all, .cols = all, .out_rows = 32}, "32 pixels"},
      {"renormalised scores",
       {.heads = {head},
        .ops = {.quantity = Quantity::kScore, .renormalise = true},
        .rows = all,
        .cols = all},
       "renormalised scores"},
      {"marked",
       {.heads = {head},
        .ops = {.special = SpecialMode::kHide, .extra_special = {-1}},
        .rows = all,
        .cols = all},
       "-1"},
  };
  for (const BadCase& c : cases) {
    try {
      compute_tile(*trace, c.request);
      ADD_FAILURE() << c.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << c.name;
      EXPECT_NE(std::string(error.what()).find(c.says), std::string::npos) << error.what();
    }
  }
  TraceInfo info;
  TokenSequence two;
  two.tokens = {"a", "b"};
  info.set_sequence("text", two);
  info.stacks = {stack_of_maps({0}, 1)};
  const auto maps = make_array_source(info, {Array::from(std::vector<float>(4, 0.5f), {1, 2, 2})});
  for (const Quantity quantity : {Quantity::kNorm, Quantity::kScore}) {
    const TileRequest request{
        .heads = {{0, {0, 0}}}, .ops = {.quantity = quantity}, .rows = {0, 2}, .cols = {0, 2}};
    EXPECT_THROW(compute_tile(*maps, request), Error);
  }
  const TileRequest sentences{.heads = {{0, {0, 0}}},
                              .ops = {.filter = SentenceFilter::kAB},
                              .rows = {0, 2},
                              .cols = {0, 2}};
  EXPECT_THROW(compute_tile(*maps, sentences), Error);
}

}  // namespace
}  // namespace headscope
