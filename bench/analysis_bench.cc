// What the statistics cost beside the forward pass, on the real weights
// (`headscope pull bert-base-uncased`):
//   forward    batches of 8 segments of about 120 tokens: the whole pass, traces and hidden states
//   traces     the same without hidden states, so that the run ends with the last layer's weights
//   analysis   `headscope analyze` over the same segments, from reading them to the sums
// analysis must reach 90 % of forward's tokens per second (docs/performance.md).
//
// Before a time is taken, labels and values are compared with docs/patterns.md's.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "headscope/corpus_analysis.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "test_paths.h"

namespace headscope {
namespace {

constexpr int64_t kSegments = 64;
constexpr int64_t kTokens = 120;

Model& model() {
  ModelOptions options;
  options.fingerprint = false;
  static const std::unique_ptr<Model> opened = open_model(find_model("bert-base-uncased"), options);
  return *opened;
}

// Long lines of the WikiText excerpt of the tests, cut to kTokens tokens each.
std::string corpus() {
  const std::string path =
      (std::filesystem::temp_directory_path() / "headscope-analysis-bench.txt").string();
  std::ifstream in(source_dir() + "/tests/data/corpora/wikitext2-valid.txt");
  std::ofstream out(path);
  int64_t kept = 0;
  for (std::string line; kept < kSegments && std::getline(in, line);) {
    if (line.size() < 700) continue;
    out << line << "\n";
    ++kept;
  }
  return path;
}

CorpusSettings settings() {
  static const std::string path = corpus();
  CorpusSettings out;
  out.paths = {path};
  out.segments.max_tokens = kTokens;
  out.segments.truncation = Truncation::kLongestFirst;
  return out;
}

void refuse(const char* what, double got) {
  std::fprintf(stderr, "analysis_bench: %s is %g: wrong results, no times\n", what, got);
  std::exit(1);
}

void run_forward(benchmark::State& state, bool with_hidden) {
  TraceOptions options;
  options.with_hidden = with_hidden;
  std::vector<TokenSequence> texts;
  CorpusReader reader(settings().paths);
  SegmentStream stream(reader, model().runner(), settings().segments);
  while (const auto segment = stream.next()) texts.push_back(stream.input(*segment).text);
  int64_t tokens = 0;
  for (auto unused : state) {
    for (size_t k = 0; k + 8 <= texts.size(); k += 8) {
      benchmark::DoNotOptimize(model().runner().trace(std::span(texts).subspan(k, 8), options));
      for (size_t t = k; t < k + 8; ++t) tokens += texts[t].size();
    }
  }
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

void forward(benchmark::State& state) { run_forward(state, true); }
void traces(benchmark::State& state) { run_forward(state, false); }

void analysis(benchmark::State& state) {
  int64_t tokens = 0;
  for (auto unused : state) {
    CorpusAnalysis run({model().runner(), nullptr, model().embeddings(), std::nullopt}, settings());
    run.run_segments();
    const CorpusReport report = run.report();
    tokens += report.statistics().tokens();
    state.PauseTiming();
    const double next = report.heads()[24].scores[static_cast<size_t>(Score::kNext)].value;
    if (!(next > .99)) refuse("next of L2H0", next);
    state.ResumeTiming();
  }
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

BENCHMARK(forward)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(traces)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(analysis)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace headscope
