// headscope bench [--tokens 19,128,512] [--batch 1,8]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/benchmark.h"
#include "headscope/models.h"
#include "headscope/threads.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct BenchCommand {
  CommonOptions common;
  BenchmarkOptions sizes;
};

double tokens_per_second(const ForwardTime& time) {
  return static_cast<double>(time.batch * time.tokens) / time.milliseconds * 1e3;
}

double best_gflops(const std::vector<ForwardTime>& times) {
  double best = 0;
  for (const ForwardTime& time : times) best = std::max(best, time.gemm_gflops);
  return best;
}

// Times are not exact to more than a thousandth.
double rounded(double value) { return std::round(value * 1e3) / 1e3; }

void print_bench_json(const std::string& precision, const std::vector<ForwardTime>& times) {
  ordered_json forward = ordered_json::array();
  for (const ForwardTime& time : times) {
    forward.push_back({{"batch", time.batch},
                       {"tokens", time.tokens},
                       {"milliseconds", rounded(time.milliseconds)},
                       {"bound_milliseconds", rounded(time.bound_milliseconds)},
                       {"share_of_bound", rounded(time.bound_milliseconds / time.milliseconds)},
                       {"tokens_per_second", std::round(tokens_per_second(time))},
                       {"tiles_milliseconds", rounded(time.tiles_milliseconds)}});
  }
  print_json({{"precision", precision},
              {"threads", max_threads()},
              {"gemm_gflops", rounded(best_gflops(times))},
              {"forward", std::move(forward)}});
}

void print_table(const std::string& model, const std::string& precision,
                 const std::vector<ForwardTime>& times) {
  std::printf("%s, %s, %d threads. Matrix products reach %.0f GFLOP/s.\n", printable(model).c_str(),
              precision.c_str(), max_threads(), best_gflops(times));
  std::printf("%6s %7s %11s %11s %9s %10s %10s\n", "batch", "tokens", "forward ms", "products ms",
              "of bound", "tokens/s", "tiles ms");
  for (const ForwardTime& time : times) {
    std::printf("%6lld %7lld %11.1f %11.1f %7.0f %% %10.0f %10.2f\n",
                static_cast<long long>(time.batch), static_cast<long long>(time.tokens),
                time.milliseconds, time.bound_milliseconds,
                100 * time.bound_milliseconds / time.milliseconds, tokens_per_second(time),
                time.tiles_milliseconds);
  }
  std::printf(
      "\nforward: q, k, v and log-sum-exp of every head. products: its matrix products alone, the"
      "\nbound. tiles: every map of one text, pooled to 64 x 64.\n");
}

void run(const BenchCommand& options) {
  // Computed now: the first trace would compute it, and the time would count.
  ModelOptions named;
  named.name = options.common.model;
  named.tokenizer = options.common.tokenizer;
  named.fingerprint = false;
  named.precision = options.common.products();
  named.weights = WeightPlace::kResident;  // so that no time of reading the file is measured
  const std::unique_ptr<Model> model = open_model(find_model(options.common.model), named);
  std::vector<ForwardTime> times;
  {
    LongWork work(options.common.quiet, "Measuring", "shapes");
    times = benchmark_forward(*model, options.sizes, work.control());
  }
  const std::string& precision = options.common.precision;
  options.common.json ? print_bench_json(precision, times)
                      : print_table(model->runner().model().name, precision, times);
}

}  // namespace

void register_bench(CommandLine& line) {
  const auto options = std::make_shared<BenchCommand>();
  const Command command = line.add("bench", "How fast a model runs on this machine");
  add_common(command, options->common);
  command.option("--tokens", options->sizes.tokens, "Tokens of a text")
      .delimiter(',')
      .type_name("N,…")
      .show_default();
  command.option("--batch", options->sizes.batches, "Texts that run at once")
      .delimiter(',')
      .type_name("B,…")
      .show_default();
  command.option("--seconds", options->sizes.seconds, "Time for each shape")
      .range(0.0, 3600.0)
      .show_default();
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
