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

TEST(Trace, RefusesArraysOfAnotherSize) {
  const Trace good = pair_trace();
  const auto refused = [&](const std::function<void(StackArrays&)>& change) {
    auto arrays = good.arrays();
    change(arrays[0]);
    EXPECT_THROW(Trace(good.info(), arrays), Error);
  };
  refused([](StackArrays& a) { a.layers.pop_back(); });
  refused([](StackArrays& a) { a.layers[1].query.pop_back(); });
  refused([](StackArrays& a) { a.layers[0].key.push_back(0); });
  refused([](StackArrays& a) { a.layers[0].logsumexp.clear(); });
  refused([](StackArrays& a) { a.layers[0].value_norm.pop_back(); });
  refused([](StackArrays& a) { a.bias.push_back(0); });
  refused([](StackArrays& a) { a.mask.push_back(0); });
  EXPECT_THROW(Trace(good.info(), {}), Error);
}

TEST(Trace, GivesTheVectorsOfAHead) {
  const Trace trace = with_stacks({stack("self", {3, 8}, {4, 4}, {2, 2})}, false);
  const LayerArrays& arrays = trace.arrays()[0].layers[1];
  const HeadRef head{0, {8, 3}};
  EXPECT_EQ(trace.query(head)(2, 1), arrays.query[3 * 5 * 4 + 2 * 4 + 1]);
  EXPECT_EQ(trace.key(head)(4, 3), arrays.key[1 * 5 * 4 + 4 * 4 + 3]);  // heads 2, 3 share key 1
  EXPECT_EQ(trace.logsumexp(head)(4), arrays.logsumexp[3 * 5 + 4]);
  EXPECT_TRUE(trace.value(head).empty());
  EXPECT_TRUE(trace.value_norm(head).empty());
  EXPECT_THROW(trace.query({0, {8, 4}}), Error);
  EXPECT_THROW(trace.query({1, {8, 0}}), Error);
  EXPECT_EQ(trace.bytes(), 2 * 4 * (4 * 5 * 4 + 2 * 5 * 4 + 4 * 5));
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
  info.query = plain_sequence(kN);
  StackInfo s;
  StackArrays arrays;
  for (int l = 0; l < 12; ++l) {
    s.layers.push_back(l);
    LayerArrays a;
    a.query.assign(query.begin() + l * kVectors, query.begin() + (l + 1) * kVectors);
    a.key.assign(key.begin() + l * kVectors, key.begin() + (l + 1) * kVectors);
    a.logsumexp.assign(kHeads * kN, 0.0f);
    arrays.layers.push_back(std::move(a));
  }
  s.heads = s.kv_heads = std::vector<int>(12, kHeads);
  s.head_dim = 64;
  s.scale = 0.125f;
  info.stacks = {s};
  for (LayerArrays& a : arrays.layers) {
    for (int64_t row = 0; row < kHeads * kN; ++row) {
      double sum = 0;
      for (int64_t j = 0; j < kN; ++j) {
        double score = 0;
        for (int64_t k = 0; k < 64; ++k) {
          score += static_cast<double>(a.query[row * 64 + k]) *
                   static_cast<double>(a.key[(row / kN * kN + j) * 64 + k]);
        }
        sum += std::exp(score / 8);
      }
      a.logsumexp[row] = static_cast<float>(std::log(sum));
    }
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
  for (const BiasKind kind : {BiasKind::kDistance, BiasKind::kDense}) {
    for (const bool each_layer : {false, true}) {
      StackInfo s = stack("cross", {2, 6}, {3, 3}, {3, 3});
      s.bias = kind;
      Trace trace = with_stacks({s}, each_layer, true);  // N = 5, M = 4
      auto arrays = trace.arrays();
      for (LayerArrays& layer : arrays[0].layers) {
        std::fill(layer.query.begin(), layer.query.end(), 0.0f);
      }
      const Trace zero(trace.info(), arrays);
      for (int l = 0; l < 2; ++l) {
        for (int h = 0; h < 3; ++h) {
          std::vector<float> out(20);
          zero.scores({0, {l == 0 ? 2 : 6, h}}, {0, 5}, {0, 4}, out.data());
          const int block = each_layer ? l * 3 + h : h;
          for (int i = 0; i < 5; ++i) {
            for (int j = 0; j < 4; ++j) {
              const int at =
                  kind == BiasKind::kDense ? block * 20 + i * 4 + j : block * 8 + j - i + 4;
              EXPECT_EQ(out[i * 4 + j], arrays[0].bias[at]) << l << h << i << j;
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
                                  false, true);  // query 5, key 4
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
