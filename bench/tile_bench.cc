// How fast tiles are: the model view's thumbnails (every map of a BERT-Base trace, max-pooled to
// 64×64), and on one long head a 256×256 tile and the whole map. The argument is the number of
// tokens; threads are OMP_NUM_THREADS or all. Vectors are random: the kernel does not care.
//
// Before a time is taken, pooled values are compared with the double-precision formula.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/parallel.h"
#include "headscope/tile.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

constexpr int64_t kWidth = 64;
constexpr float kScale = 0.125f;

double score(const HeadVectors& q, const HeadVectors& k, int64_t i, int64_t j) {
  double sum = 0;
  for (int64_t d = 0; d < kWidth; ++d) {
    sum += static_cast<double>(q(i, d)) * static_cast<double>(k(j, d));
  }
  return sum * static_cast<double>(kScale);
}

// The log-sum-exp is the kernel's own; verify() looks at a part in double precision.
Trace make_trace(int64_t n, int layers, int heads) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  TraceInfo info;
  TokenSequence t;
  t.tokens.assign(static_cast<size_t>(n), "w");
  t.ids.assign(static_cast<size_t>(n), 0);
  t.segment_ids = t.sentences = t.words = t.ids;
  t.offsets.resize(static_cast<size_t>(n));
  t.special.assign(static_cast<size_t>(n), 0);
  info.set_sequence("text", std::move(t));
  LayerInfo layer;
  layer.heads = heads;
  layer.head_dim = kWidth;
  layer.rule.scale = kScale;
  StackInfo stack;
  stack.layers = uniform_layers(layers, layer);
  info.stacks = {stack};
  const auto vectors = [&] {
    std::vector<float> v(static_cast<size_t>(heads * n * kWidth));
    for (float& x : v) x = normal(random);
    return Array::from(std::move(v), {heads, n, kWidth});
  };
  StackArrays arrays;
  for (const LayerInfo& one : stack.layers) {
    LayerArrays a;
    a.query = vectors();
    a.key = vectors();
    a.logsumexp = layer_logsumexp(one, a).logsumexp;
    arrays.push_back(std::move(a));
  }
  return {info, {arrays}};
}

std::vector<TileRequest> requests_of(const Trace& trace, int64_t out) {
  std::vector<TileRequest> requests;
  const Range all{0, trace.info().tokens(0, Side::kQuery).size()};
  for (const HeadRef head : trace.all_heads()) {
    TileRequest request;
    request.heads = {head};
    request.rows = request.cols = all;
    request.out_rows = request.out_cols = out;
    requests.push_back(request);
  }
  return requests;
}

// A few rows of pixels against the formula; ends the program where they differ.
void verify(const Trace& trace, const TileRequest& request, const Tile& tile) {
  const HeadRef head = request.heads.front();
  const auto q = trace.query(head), k = trace.key(head);
  const int64_t rows = request.rows.size(), cols = request.cols.size();
  double worst = 0;
  for (const int64_t r : {int64_t{0}, tile.rows / 2, tile.rows - 1}) {
    std::vector<double> best(static_cast<size_t>(tile.cols), 0.0);
    for (int64_t i = r * rows / tile.rows; i < (r + 1) * rows / tile.rows; ++i) {
      const int64_t query = request.rows.begin + i;
      double sum = 0;
      std::vector<double> row(static_cast<size_t>(k.extent(0)));
      for (int64_t j = 0; j < k.extent(0); ++j) sum += row[j] = std::exp(score(q, k, query, j));
      for (int64_t c = 0; c < tile.cols; ++c) {
        for (int64_t j = c * cols / tile.cols; j < (c + 1) * cols / tile.cols; ++j) {
          best[c] = std::max(best[c], row[request.cols.begin + j] / sum);
        }
      }
    }
    for (int64_t c = 0; c < tile.cols; ++c) {
      worst = std::max(worst, std::abs(best[c] - tile.values[r * tile.cols + c]));
    }
  }
  if (!(worst <= 1e-5)) {
    std::fprintf(stderr, "tile_bench: maximum difference %.3g, at most 1e-5 expected\n", worst);
    std::exit(1);
  }
}

void all_maps(benchmark::State& state) {
  const Trace trace = make_trace(state.range(0), 12, 12);
  const auto requests = requests_of(trace, 64);
  const auto tiles = compute_tiles(trace, requests);
  for (const size_t k : {size_t{0}, requests.size() - 1}) verify(trace, requests[k], tiles[k]);
  for (auto unused : state) benchmark::DoNotOptimize(compute_tiles(trace, requests));
  state.counters["weights/s"] =
      benchmark::Counter(144.0 * static_cast<double>(state.range(0) * state.range(0)),
                         benchmark::Counter::kIsIterationInvariantRate);
}

void whole_map(benchmark::State& state) {
  const Trace trace = make_trace(state.range(0), 1, 1);
  const auto requests = requests_of(trace, 64);
  verify(trace, requests[0], compute_tile(trace, requests[0]));
  for (auto unused : state) benchmark::DoNotOptimize(compute_tile(trace, requests[0]));
}

void exact_tile(benchmark::State& state) {
  const Trace trace = make_trace(state.range(0), 1, 1);
  TileRequest request = requests_of(trace, 0)[0];
  request.rows = {state.range(0) / 2, state.range(0) / 2 + 256};
  request.cols = {state.range(0) / 4, state.range(0) / 4 + 256};
  verify(trace, request, compute_tile(trace, request));
  for (auto unused : state) benchmark::DoNotOptimize(compute_tile(trace, request));
}

// 64 evenly spaced queries of 12 heads, one layer's part of the model view's preview.
void preview(benchmark::State& state) {
  const Trace trace = make_trace(state.range(0), 1, 12);
  std::vector<TileRequest> requests;
  for (const TileRequest& whole : requests_of(trace, 64)) {
    for (int64_t k = 0; k < 64; ++k) {
      TileRequest one = whole;
      const int64_t row = (2 * k + 1) * state.range(0) / 128;
      one.rows = {row, row + 1};
      one.out_rows = 1;
      requests.push_back(one);
    }
  }
  for (auto unused : state) benchmark::DoNotOptimize(compute_tiles(trace, requests));
}

BENCHMARK(preview)->Arg(2048)->Arg(8192)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(all_maps)->Arg(128)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(whole_map)->Arg(8192)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(exact_tile)->Arg(8192)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace headscope
