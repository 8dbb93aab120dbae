// Trace: what it gives for its arrays, and the reference implementation's maps from its vectors
// (tests/golden/bert-base-uncased/README.md).
#include "headscope/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "test_paths.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

Array zeros(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return Array::from(std::vector<float>(static_cast<size_t>(count), 0.0f), std::move(shape));
}

TEST(Trace, RefusesArraysOfAnotherSize) {
  const Trace good = pair_trace();
  const auto refused = [&](const std::function<void(StackArrays&)>& change) {
    auto arrays = good.arrays();
    change(arrays[0]);
    EXPECT_THROW(Trace(good.info(), arrays), Error);
  };
  refused([](StackArrays& a) { a.pop_back(); });
  refused([](StackArrays& a) { a[1].query = zeros({2, 6, 3}); });
  refused([](StackArrays& a) { a[0].key = zeros({2, 7, 4}); });
  refused([](StackArrays& a) { a[0].key = zeros({2, 4, 6}); });
  refused([](StackArrays& a) { a[0].logsumexp = {}; });
  refused([](StackArrays& a) { a[0].logsumexp = a[0].logsumexp.as(DType::kF16); });
  refused([](StackArrays& a) { a[0].value_norm = zeros({2, 5}); });
  refused([](StackArrays& a) { a[0].bias = zeros({2, 11}); });
  refused([](StackArrays& a) { a[0].mask = zeros({6, 6}); });
  refused([](StackArrays& a) { a[0].sink = zeros({2, 6}); });
  EXPECT_THROW(Trace(good.info(), {}), Error);
}

TEST(Trace, GivesTheVectorsOfAHead) {
  const Trace trace = with_stacks({stack("self", {3, 8}, {4, 4}, {2, 2})});
  const LayerArrays& arrays = trace.arrays()[0][1];
  const HeadRef head{0, {8, 3}};
  EXPECT_EQ(trace.query(head)(2, 1), arrays.query.floats()[3 * 5 * 4 + 2 * 4 + 1]);
  // Heads 2 and 3 share key 1.
  EXPECT_EQ(trace.key(head)(4, 3), arrays.key.floats()[1 * 5 * 4 + 4 * 4 + 3]);
  EXPECT_EQ(trace.logsumexp(head)(4), arrays.logsumexp.floats()[3 * 5 + 4]);
  EXPECT_TRUE(trace.value(head).empty());
  EXPECT_TRUE(trace.value_norm(head).empty());
  EXPECT_TRUE(trace.sink(head).empty());
  EXPECT_THROW(trace.query({0, {8, 4}}), Error);
  EXPECT_THROW(trace.query({1, {8, 0}}), Error);
  EXPECT_EQ(trace.bytes(), 2 * 4 * (4 * 5 * 4 + 2 * 5 * 4 + 4 * 5));
}

// The sum of a row with its sink's share.
double row_sum(const Trace& trace, HeadRef head, int64_t row) {
  const int64_t keys = trace.info().tokens(head.stack, Side::kKey).size();
  std::vector<float> weights(static_cast<size_t>(keys));
  trace.weights(head, {row, row + 1}, {0, keys}, weights.data());
  double sum = trace.sink(head).empty() ? 0 : static_cast<double>(trace.sink(head)(row));
  for (const float weight : weights) sum += static_cast<double>(weight);
  return sum;
}

TEST(Trace, RowsSumToOneUnderEveryRule) {
  const Trace trace = with_stacks(
      {each_layer(stack("self", {0, 1, 2, 3}, {2, 2, 2, 2}, {2, 2, 1, 1}), [](LayerInfo& layer) {
        const int l = layer.layer;
        layer.rule.bias = static_cast<BiasKind>(l);  // none, distance, dense, ALiBi
        if (l % 2 == 1) layer.rule.softcap = 4.0f;
        if (l == 2) layer.rule.order = BiasOrder::kBeforeCap;
        layer.rule.mask.kind = static_cast<MaskKind>(3 - l);  // dense, window, causal, none
        layer.rule.mask.left = 1;
        layer.rule.sinks = l > 1;
      })});
  for (const HeadRef head : trace.all_heads()) {
    for (int64_t i = 0; i < 5; ++i) EXPECT_NEAR(row_sum(trace, head, i), 1, 2e-6) << i;
  }
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    const auto half = round_vectors(trace, dtype);
    EXPECT_LT(half->bytes(), trace.bytes());
    for (const HeadRef head : half->all_heads()) {
      for (int64_t i = 0; i < 5; ++i) EXPECT_NEAR(row_sum(*half, head, i), 1, 2e-6) << i;
    }
  }
}

TEST(Trace, ALayerThatHoldsWeightsOnlyGivesThemAndNoScores) {
  const Trace trace =
      with_stacks({each_layer(stack("self", {0, 2, 4}, {2, 0, 2}, {2, 0, 2}), [](LayerInfo& layer) {
        if (layer.layer == 2) layer.kind = LayerKind::kNone;
        if (layer.layer == 4) layer.holds = Holds::kWeights;
      })});
  std::vector<float> map(25);
  trace.weights({0, {4, 1}}, {0, 5}, {0, 5}, map.data());
  const auto held = trace.arrays()[0][2].attention.floats();
  EXPECT_TRUE(std::equal(map.begin(), map.end(), held.begin() + 25));
  EXPECT_THROW(trace.scores({0, {4, 1}}, {0, 5}, {0, 5}, map.data()), Error);
  EXPECT_TRUE(trace.has_vectors({0, {0, 1}}));
  EXPECT_FALSE(trace.has_vectors({0, {4, 1}}));
  EXPECT_FALSE(trace.has_vectors());
  EXPECT_THROW(trace.weights({0, {2, 0}}, {0, 1}, {0, 1}, map.data()), Error);
  EXPECT_EQ(trace.all_heads().size(), 4u);
}

TEST(Trace, TheNameOfItsContentChangesWithNumbersAndSettings) {
  const Trace trace = pair_trace();
  EXPECT_EQ(trace.content_id(), pair_trace().content_id());
  EXPECT_EQ(trace.content_id().size(), 64u);
  TraceInfo other = trace.info();
  other.settings.masked = {1};
  EXPECT_NE(Trace(other, trace.arrays()).content_id(), trace.content_id());
  auto arrays = trace.arrays();
  arrays[0][0].value = zeros({2, 6, 4});
  EXPECT_NE(Trace(trace.info(), arrays).content_id(), trace.content_id());
}

TEST(Trace, GivesTheMapsOfTheReferenceFromItsVectors) {
  const std::string bytes =
      read_file(source_dir() + "/tests/golden/bert-base-uncased/article-pair.safetensors");
  const SafetensorsView golden(std::as_bytes(std::span(bytes)), "article-pair");
  const auto query = to_float(*golden.find("query"));  // [12, 12, 19, 64]
  const auto key = to_float(*golden.find("key"));
  const auto maps = to_float(*golden.find("attentions"));  // [12, 12, 19, 19]
  constexpr int64_t kN = 19, kHeads = 12, kMap = kN * kN, kVectors = kHeads * kN * 64;
  TraceInfo info;
  info.set_sequence("text", plain_sequence(kN));
  LayerInfo layer;
  layer.heads = kHeads;
  layer.head_dim = 64;
  layer.rule.scale = 0.125f;
  StackInfo s;
  s.layers = uniform_layers(12, layer);
  info.stacks = {s};
  StackArrays arrays;
  for (int l = 0; l < 12; ++l) {
    const std::vector<float> q(query.begin() + l * kVectors, query.begin() + (l + 1) * kVectors);
    const std::vector<float> k(key.begin() + l * kVectors, key.begin() + (l + 1) * kVectors);
    std::vector<float> sums;
    for (int64_t row = 0; row < kHeads * kN; ++row) {
      double sum = 0;
      for (int64_t j = 0; j < kN; ++j) {
        double score = 0;
        for (int64_t d = 0; d < 64; ++d) {
          score += static_cast<double>(q[row * 64 + d]) *
                   static_cast<double>(k[(row / kN * kN + j) * 64 + d]);
        }
        sum += std::exp(score / 8);
      }
      sums.push_back(static_cast<float>(std::log(sum)));
    }
    LayerArrays a;
    a.query = Array::from(q, {kHeads, kN, 64});
    a.key = Array::from(k, {kHeads, kN, 64});
    a.logsumexp = Array::from(sums, {kHeads, kN});
    // The kernel's own log-sum-exp against double precision.
    const auto own = layer_logsumexp(s.layers[l], a).logsumexp;
    for (size_t i = 0; i < sums.size(); ++i) {
      ASSERT_NEAR(own.floats()[i], sums[i], 1e-5) << l << " " << i;
    }
    arrays.push_back(std::move(a));
  }
  const Trace trace(info, {arrays});
  float worst = 0;
  for (const HeadRef head : trace.all_heads()) {
    float map[kMap];
    trace.weights(head, {0, kN}, {0, kN}, map);
    const float* expected = maps.data() + (head.id.layer * kHeads + head.id.head) * kMap;
    for (int64_t i = 0; i < kMap; ++i) worst = std::max(worst, std::abs(map[i] - expected[i]));
  }
  RecordProperty("max_difference", std::to_string(worst));
  EXPECT_LE(worst, 5e-6f);
}

// Each head's bias is its own: the score is the bias where query and key are 0.
TEST(Trace, AddsTheBiasOfTheHead) {
  for (const BiasKind kind : {BiasKind::kDistance, BiasKind::kDense, BiasKind::kAlibi}) {
    for (const bool own : {false, true}) {
      const StackInfo s = each_layer(stack("cross", {2, 6}, {3, 3}, {3, 3}), [&](LayerInfo& l) {
        l.rule.bias = kind;
        if (!own && l.layer == 6) l.bias_of = 2;
      });
      const Trace trace = with_stacks({s}, true);  // N = 5, M = 4
      auto arrays = trace.arrays();
      for (LayerArrays& layer : arrays[0]) layer.query = zeros({3, 5, 4});
      const Trace zero(trace.info(), arrays);
      for (int l = 0; l < 2; ++l) {
        const auto bias = arrays[0][own ? static_cast<size_t>(l) : 0].bias.floats();
        for (int h = 0; h < 3; ++h) {
          const HeadRef head{0, {l == 0 ? 2 : 6, h}};
          std::vector<float> out(20), terms(4);
          zero.scores(head, {0, 5}, {0, 4}, out.data());
          for (int i = 0; i < 5; ++i) {
            trace.position_terms(head, i, terms.data());
            for (int j = 0; j < 4; ++j) {
              const float expected = kind == BiasKind::kDense ? bias[h * 20 + i * 4 + j]
                                     : kind == BiasKind::kDistance
                                         ? bias[h * 8 + j - i + 4]
                                         : bias[h] * static_cast<float>(j);
              EXPECT_EQ(out[i * 4 + j], expected) << l << h << i << j;
              EXPECT_EQ(terms[j], expected) << l << h << i << j;
            }
          }
        }
      }
    }
  }
}

TEST(Trace, StacksHaveTheirOwnTokens) {
  const Trace trace = with_stacks({stack("encoder", {0}, {1}, {1}), stack("decoder", {0}, {1}, {1}),
                                   stack("cross", {0}, {1}, {1})},
                                  true);  // query 5, key 4
  std::vector<float> out(25);
  trace.weights({0, {0, 0}}, {0, 4}, {0, 4}, out.data());
  trace.weights({1, {0, 0}}, {0, 5}, {0, 5}, out.data());
  trace.weights({2, {0, 0}}, {0, 5}, {0, 4}, out.data());
  EXPECT_THROW(trace.weights({0, {0, 0}}, {0, 5}, {0, 4}, out.data()), Error);
  EXPECT_THROW(trace.weights({1, {0, 0}}, {0, 5}, {0, 6}, out.data()), Error);
  EXPECT_THROW(trace.weights({2, {0, 0}}, {0, 5}, {0, 5}, out.data()), Error);
}

}  // namespace
}  // namespace headscope
