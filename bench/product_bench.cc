// Matrix products of BERT-Base's shapes by rows, precision and instruction set, with the weights of
// a whole layer and more in turns, so that they come from memory as in a model. One thread;
// counters: GFLOP/s (two operations a product, whatever the precision takes), GB/s of weights.
//   BM_Peak    a product that lives in the first-level cache: the most that many rows can reach
//   BM_Stream  reading memory: the most that few rows can reach
// Before a time is taken a product is compared with double precision.
#include <benchmark/benchmark.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "headscope/threads.h"
#include "kernels/linear.h"

namespace headscope {
namespace {

struct Shape {
  int64_t in, out;
};
constexpr Shape kShapes[] = {{768, 2304}, {768, 768}, {768, 3072}, {3072, 768}};
constexpr int kLayers = 2;  // 57 MB in float32: more than the caches hold

std::vector<float> numbers(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& value : out) value = uniform(generator);
  return out;
}

void verify(const Linear& linear, const std::vector<float>& w, const std::vector<float>& x,
            double bound) {
  const auto in = static_cast<size_t>(linear.in()), out = static_cast<size_t>(linear.out());
  std::vector<float> y(out);
  linear.apply(x.data(), 1, y.data());
  for (size_t o = 0; o < out; ++o) {
    double sum = 0, size = 0;
    for (size_t c = 0; c < in; ++c) {
      sum += double{w[o * in + c]} * x[c];
      size += std::abs(double{w[o * in + c]} * x[c]);
    }
    if (std::abs(y[o] - sum) <= bound * size) continue;
    std::fprintf(stderr, "product_bench: a product is off by %g: no times\n", y[o] - sum);
    std::exit(1);
  }
}

double bound_of(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return 8e-3;
    case Precision::kBf16x3:
      return 5e-5;
    default:
      return 2e-6;
  }
}

// range: rows, precision, 1: with the processor's bfloat16 instruction, targets that are left out.
void BM_Layer(benchmark::State& state) {
  const int64_t rows = state.range(0);
  const ProductKind kind{static_cast<Precision>(state.range(1)), state.range(2) != 0};
  hwy::DisableTargets(state.range(3));
  const int before = max_threads();
  set_max_threads(1);
  std::vector<Linear> layers;
  Buffer scratch;
  double flops = 0, bytes = 0;
  const auto x = numbers(rows * 3072, 1);
  for (int l = 0; l < kLayers; ++l) {
    for (const Shape shape : kShapes) {
      const auto w = numbers(shape.in * shape.out, 2);
      const Linear::Part part{w.data(), nullptr, shape.out};
      layers.emplace_back(std::span(&part, 1), shape.in, scratch, kind);
      if (l == 0) verify(layers.back(), w, x, bound_of(kind.precision));
      flops += 2 * static_cast<double>(rows * shape.in * shape.out);
      bytes += 4 * static_cast<double>(panels_size(shape.out, shape.in, kind));
    }
  }
  std::vector<float> y(static_cast<size_t>(rows * 3072));
  for (auto _ : state) {
    for (const Linear& linear : layers) linear.apply(x.data(), rows, y.data());
    benchmark::DoNotOptimize(y.data());
  }
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, rate);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, rate);
  state.SetLabel(product_path(kind));
  set_max_threads(before);
  hwy::DisableTargets(0);
}

void layers(benchmark::internal::Benchmark* all) {
  all->Unit(benchmark::kMillisecond)->ArgNames({"rows", "precision", "native", "without"});
  for (const int64_t without : {int64_t{0}, int64_t{HWY_AVX3}, int64_t{HWY_AVX3 | HWY_AVX2}}) {
    for (const int64_t rows : {1, 19, 128, 512}) {
      for (const int64_t precision : {0, 1, 2}) {
        all->Args({rows, precision, 1, without});
        if (precision > 0 && without == 0) all->Args({rows, precision, 0, without});
      }
    }
  }
}
BENCHMARK(BM_Layer)->Apply(layers);

// A product that lives in the first-level cache, as near the processor's peak as the kernels come.
void BM_Peak(benchmark::State& state) {
  const int before = max_threads();
  set_max_threads(1);
  constexpr int64_t kIn = 256, kOut = 32, kRows = 52;
  const auto w = numbers(kIn * kOut, 1), x = numbers(kRows * kIn, 2);
  Buffer scratch;
  const Linear::Part part{w.data(), nullptr, kOut};
  const Linear linear({&part, 1}, kIn, scratch, {static_cast<Precision>(state.range(0)), true});
  std::vector<float> y(static_cast<size_t>(kRows * kOut));
  for (auto _ : state) {
    linear.apply(x.data(), kRows, y.data());
    benchmark::DoNotOptimize(y.data());
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * kIn * kOut * kRows, benchmark::Counter::kIsIterationInvariantRate);
  set_max_threads(before);
}
BENCHMARK(BM_Peak)->ArgName("precision")->Arg(0)->Arg(1)->Arg(2);

void BM_Stream(benchmark::State& state) {
  const std::vector<float> all(size_t{32} << 20, 1.0f);  // 128 MB
  for (auto _ : state) {
    float sums[64] = {};
    for (size_t i = 0; i < all.size(); i += 64) {
      for (size_t k = 0; k < 64; ++k) sums[k] += all[i + k];
    }
    benchmark::DoNotOptimize(sums);
  }
  state.counters["GB/s"] = benchmark::Counter(4e-9 * static_cast<double>(all.size()),
                                              benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Stream)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headscope
