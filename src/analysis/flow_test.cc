// Rollout against the product of matrices in double precision, flow against the smallest cut of all
// cuts (the max-flow min-cut theorem), and the identities of Abnar & Zuidema 2020.
#include "headscope/flow.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "headscope/error.h"
#include "headscope/tile.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

using Map = std::vector<std::vector<double>>;  // [N, N]

// Random maps whose rows sum to 1; causal ones are 0 above the diagonal.
struct Maps {
  std::vector<std::vector<float>> values;  // [H, N, N] a layer
  std::shared_ptr<const AttentionSource> source;
  int64_t n = 0;
  int heads = 0;

  double at(int layer, int head, int64_t i, int64_t j) const {
    return static_cast<double>(values[layer][(head * n + i) * n + j]);
  }
  // ½·(mean over heads) + ½·I
  Map residual(int layer) const {
    Map map(static_cast<size_t>(n), std::vector<double>(static_cast<size_t>(n)));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        for (int h = 0; h < heads; ++h) map[i][j] += at(layer, h, i, j) / heads / 2;
      }
      map[i][i] += 0.5;
    }
    return map;
  }
};

Maps random_maps(std::vector<int> layers, int heads, int64_t n, bool causal = false) {
  std::mt19937 random(static_cast<unsigned>(n * 31 + heads));
  std::gamma_distribution<float> gamma(0.3f);
  Maps maps;
  maps.n = n;
  maps.heads = heads;
  TraceInfo info;
  TokenSequence text;
  text.tokens.resize(static_cast<size_t>(n), "w");
  info.set_sequence("text", text);
  info.stacks = {stack_of_maps(layers, heads)};
  for (size_t l = 0; l < layers.size(); ++l) {
    std::vector<float> map(static_cast<size_t>(heads * n * n));
    for (int64_t row = 0; row < heads * n; ++row) {
      float sum = 0;
      const int64_t seen = causal ? row % n + 1 : n;
      for (int64_t j = 0; j < seen; ++j) sum += map[row * n + j] = gamma(random) + 1e-4f;
      for (int64_t j = 0; j < seen; ++j) map[row * n + j] /= sum;
    }
    maps.values.push_back(std::move(map));
  }
  std::vector<Array> views;
  for (const auto& map : maps.values) views.push_back(Array::from(map, {heads, n, n}));
  maps.source = make_array_source(info, views);
  return maps;
}

Map times(const Map& a, const Map& b) {
  const size_t n = a.size();
  Map out(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < n; ++k) {
      for (size_t j = 0; j < n; ++j) out[i][j] += a[i][k] * b[k][j];
    }
  }
  return out;
}

std::vector<float> whole(const AttentionSource& source, HeadRef head) {
  const int64_t n = source.info().tokens(0, Side::kQuery).size();
  std::vector<float> out(static_cast<size_t>(n * n));
  source.weights(head, {0, n}, {0, n}, out.data());
  return out;
}

TEST(Rollout, IsTheProductOfTheLayers) {
  for (const bool causal : {false, true}) {
    for (const int64_t n : {1, 5, 40, 150}) {
      const Maps maps = random_maps({0, 1, 2, 3}, 3, n, causal);
      const auto rollout = make_rollout(maps.source);
      Map expected = maps.residual(0);
      for (int layer = 0; layer < 4; ++layer) {
        if (layer > 0) expected = times(maps.residual(layer), expected);
        const auto got = whole(*rollout, {0, {layer, 2}});
        double worst = 0;
        for (int64_t i = 0; i < n; ++i) {
          double sum = 0;
          for (int64_t j = 0; j < n; ++j) {
            sum += static_cast<double>(got[i * n + j]);
            worst = std::max(worst, std::abs(got[i * n + j] - expected[i][j]));
          }
          EXPECT_NEAR(sum, 1, 1e-5) << n << " " << layer << " " << i;
        }
        EXPECT_LE(worst, 1e-6) << n << " " << layer;
      }
    }
  }
}

TEST(Rollout, OfLongInputsRunsRowsDownThroughTheLayers) {
  constexpr int64_t kN = kRolloutWholeTokens + 76;
  const Maps maps = random_maps({0, 1, 2}, 2, kN);
  const auto rollout = make_rollout(maps.source);
  const std::vector<Map> step = {maps.residual(0), maps.residual(1), maps.residual(2)};
  std::vector<float> got(3 * kN);
  rollout->weights({0, {2, 0}}, {700, 703}, {0, kN}, got.data());
  for (int64_t r = 0; r < 3; ++r) {
    std::vector<double> row = step[2][700 + r];
    for (int layer = 1; layer >= 0; --layer) {
      std::vector<double> next(kN);
      for (int64_t k = 0; k < kN; ++k) {
        for (int64_t j = 0; j < kN; ++j) next[j] += row[k] * step[layer][k][j];
      }
      row = next;
    }
    double worst = 0;
    for (int64_t j = 0; j < kN; ++j) worst = std::max(worst, std::abs(got[r * kN + j] - row[j]));
    EXPECT_LE(worst, 1e-6) << r;
  }
  float one = 0;  // kept, and a part of a row
  rollout->weights({0, {2, 1}}, {701, 702}, {9, 10}, &one);
  EXPECT_EQ(one, got[kN + 9]);
  EXPECT_THROW(rollout->prepare({0, {2, 0}}, {0, kRolloutQueries + 1}, {}), Error);
}

// The capacity of the smallest cut between node i of the highest level and node j of the lowest:
// every set of nodes that holds the one and not the other is tried.
double smallest_cut(const std::vector<Map>& edges, int64_t i, int64_t j) {
  const auto n = static_cast<int64_t>(edges[0].size());
  const auto depth = static_cast<int64_t>(edges.size());
  const int64_t nodes = n * (depth + 1), source = depth * n + i, sink = j;
  double best = 1e9;
  for (int64_t set = 0; set < int64_t{1} << nodes; ++set) {
    if (!(set >> source & 1) || (set >> sink & 1)) continue;
    double cut = 0;
    for (int64_t d = 0; d < depth; ++d) {
      for (int64_t u = 0; u < n; ++u) {
        if (!(set >> ((d + 1) * n + u) & 1)) continue;
        for (int64_t v = 0; v < n; ++v) {
          if (!(set >> (d * n + v) & 1)) cut += edges[d][u][v];
        }
      }
    }
    best = std::min(best, cut);
  }
  return best;
}

TEST(Flow, IsTheSmallestCut) {
  struct Case {
    int layers;
    int64_t n;
    bool causal;
  };
  for (const Case& c : {Case{1, 4, false}, Case{2, 4, false}, Case{3, 3, false}, Case{6, 2, false},
                        Case{3, 3, true}, Case{2, 4, true}}) {
    std::vector<int> layers;
    for (int l = 0; l < c.layers; ++l) layers.push_back(l);
    const Maps maps = random_maps(layers, 2, c.n, c.causal);
    const auto flow = make_flow(maps.source);
    std::vector<Map> edges;
    for (int layer = 0; layer < c.layers; ++layer) {
      edges.push_back(maps.residual(layer));
      const auto got = whole(*flow, {0, {layer, 0}});
      for (int64_t i = 0; i < c.n; ++i) {
        for (int64_t j = 0; j < c.n; ++j) {
          EXPECT_NEAR(got[i * c.n + j], smallest_cut(edges, i, j), 1e-6)
              << "layer " << layer << " of " << c.n << " tokens: " << i << " " << j;
        }
      }
    }
  }
}

TEST(Flow, OfTheFirstLayerIsItsRolloutAndNeverLessAbove) {
  const Maps maps = random_maps({0, 1, 2}, 3, 33);
  const auto flow = make_flow(maps.source), rollout = make_rollout(maps.source);
  const auto first = whole(*flow, {0, {0, 0}}), rolled = whole(*rollout, {0, {0, 0}});
  for (size_t k = 0; k < first.size(); ++k) EXPECT_NEAR(first[k], rolled[k], 1e-6);
  // Rollout is a flow too: one unit that every node splits by its row, so no edge is overfull.
  const auto above = whole(*flow, {0, {2, 0}}), paths = whole(*rollout, {0, {2, 0}});
  for (size_t k = 0; k < above.size(); ++k) {
    EXPECT_GE(above[k], paths[k] - 1e-6f);
    EXPECT_LE(above[k], 1 + 1e-6f);
  }
}

TEST(Flow, OfLongInputsTakesOneQuery) {
  constexpr int64_t kN = 2 * kFlowWholeTokens + 5;
  const Maps maps = random_maps({0, 1}, 2, kN);
  const auto flow = make_flow(maps.source);
  std::vector<float> row(kN);
  flow->weights({0, {1, 1}}, {7, 8}, {0, kN}, row.data());
  // Through one layer of inner nodes k the flow is Σ_k min(in, out).
  const Map low = maps.residual(0), high = maps.residual(1);
  for (int64_t j = 0; j < kN; ++j) {
    double sum = 0;
    for (int64_t k = 0; k < kN; ++k) sum += std::min(high[7][k], low[k][j]);
    EXPECT_NEAR(row[j], sum, 1e-6) << j;
  }
  EXPECT_THROW(flow->prepare({0, {1, 1}}, {7, 9}, {}), Error);
}

TEST(Flow, QuantitiesAreSourcesOfTiles) {
  const Maps maps = random_maps({0, 1}, 2, 12);
  TileRequest request{.heads = {{0, {1, 0}}}, .rows = {0, 12}, .cols = {0, 12}};
  for (const Quantity quantity : {Quantity::kRollout, Quantity::kFlow}) {
    request.ops.quantity = quantity;
    const auto source = quantity_source(maps.source, quantity);
    EXPECT_EQ(compute_tile(*source, request).values, whole(*source, {0, {1, 1}}));
    EXPECT_THROW(compute_tile(*maps.source, request), Error);
    for (const Quantity other : {Quantity::kWeight, Quantity::kNorm, Quantity::kScore}) {
      request.ops.quantity = other;
      EXPECT_THROW(compute_tile(*source, request), Error);
    }
    RunControl cancelled;
    cancelled.cancel.cancel();
    EXPECT_THROW(quantity_source(maps.source, quantity)->prepare({0, {1, 0}}, {0, 12}, cancelled),
                 Error);
  }
  EXPECT_EQ(quantity_source(maps.source, Quantity::kNorm), maps.source);
}

TEST(Flow, NeedsEveryLayerBelowAndTheSameTokens) {
  const Maps gap = random_maps({0, 2}, 1, 4);
  const auto rollout = make_rollout(gap.source);
  EXPECT_NO_THROW(rollout->prepare({0, {0, 0}}, {0, 4}, {}));
  try {
    rollout->prepare({0, {2, 0}}, {0, 4}, {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("without layer 1"), std::string::npos);
  }
  TraceInfo info = gap.source->info();
  info.set_sequence("source", info.tokens(0, Side::kQuery));
  info.stacks = {stack_of_maps({0, 1}, 1)};
  info.stacks[0].key = "source";
  std::vector<Array> views;
  for (const auto& map : gap.values) views.push_back(Array::from(map, {1, 4, 4}));
  const auto cross = make_flow(make_array_source(info, views));
  EXPECT_THROW(cross->prepare({0, {0, 0}}, {0, 1}, {}), Error);
}

}  // namespace
}  // namespace headscope
