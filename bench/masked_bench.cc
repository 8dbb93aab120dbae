// Pattern 5 of the article's pair on bert-base-uncased: 16 single and 120 double masks of 19
// tokens, one batch. And the pair's trace, every head's attention obtainable.
//
// Before a time is taken, Σ_i max_j C⁺[i,j] is compared with its known value (docs/patterns.md).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/statistics.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

constexpr double kBest = 23.149, kTolerance = 0.05;  // nats

Model& model() {
  static const auto open = open_model(find_model("bert-base-uncased"));
  return *open;
}

TokenSequence pair() {
  return model().runner().tokenize("I went to the store.",
                                   "At the store, I bought fresh strawberries.");
}

void verify(const std::vector<double>& contribution, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    double best = 0;
    for (int64_t j = 0; j < n; ++j) {
      const double c = contribution[static_cast<size_t>(i * n + j)];
      if (!std::isnan(c)) best = std::max(best, c);
    }
    sum += best;
  }
  if (std::abs(sum - kBest) <= kTolerance) return;
  std::fprintf(stderr, "masked_bench: the sum is %.3f, not %.3f\n", sum, kBest);
  std::exit(1);
}

void predictive(benchmark::State& state) {
  const TokenSequence text = pair();
  verify(predictive_contribution(*model().masked(), text), text.size());
  for (auto _ : state) benchmark::DoNotOptimize(predictive_contribution(*model().masked(), text));
}
BENCHMARK(predictive)->Unit(benchmark::kMillisecond)->UseRealTime();

void trace(benchmark::State& state) {
  const TokenSequence text = pair();
  for (auto _ : state) benchmark::DoNotOptimize(model().runner().trace({&text, 1}));
}
BENCHMARK(trace)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace headscope
