// headscope's side of the comparisons with other programs (their compare.py start it): one JSON
// request a line on standard input, one JSON answer a line on standard output. First it says
// {"path": "avx512"}, how its matrix products are computed.
//   {"ids": [[…], …]}                      runs the texts as one batch → {"milliseconds": …,
//   "processor_milliseconds": …}
//   {"ids": [[…], …], "save": "F"}         also writes the maps and the last hidden states
// Usage: headscope_forward MODEL_DIRECTORY THREADS [f32|bf16x3|bf16]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "headscope/model.h"
#include "headscope/safetensors.h"
#include "headscope/threads.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

// attention.B [L,H,N,N], hidden.B [N,D] of each text.
void save(Model& model, const std::vector<TokenSequence>& texts, const std::string& path) {
  TraceOptions options;
  options.with_attention = options.with_hidden = true;
  const auto traces = model.runner().trace(texts, options);
  const StackInfo& stack = model.runner().stacks()[0];
  const auto layers = static_cast<int64_t>(stack.layers.size());
  std::vector<std::vector<float>> maps(traces.size());
  std::vector<TensorToWrite> tensors;
  for (size_t b = 0; b < traces.size(); ++b) {
    const int64_t n = texts[b].size();
    for (const LayerArrays& layer : traces[b]->arrays()[0]) {
      const auto map = layer.attention.floats();
      maps[b].insert(maps[b].end(), map.begin(), map.end());
    }
    tensors.push_back({"attention." + std::to_string(b),
                       DType::kF32,
                       {layers, stack.layers[0].heads, n, n},
                       maps[b].data()});
    const Array& last = traces[b]->hidden.back();
    tensors.push_back({"hidden." + std::to_string(b), DType::kF32, last.shape(), last.data()});
  }
  write_safetensors_file(path, tensors);
}

void serve(const std::string& directory, Precision precision) {
  using Clock = std::chrono::steady_clock;
  ModelOptions options;
  options.fingerprint = false;
  options.precision = precision;
  const auto model = open_model(directory, options);
  const TokenSequence one = model->sequence(std::vector<int32_t>{0});
  const auto trace = model->runner().trace({&one, 1})[0];
  std::cout << nlohmann::json{{"path", trace->info().computed->path}}.dump() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = nlohmann::json::parse(line);
    std::vector<TokenSequence> texts;
    for (const auto& ids : request["ids"]) {
      texts.push_back(model->sequence(ids.get<std::vector<int32_t>>()));
    }
    if (request.contains("save")) save(*model, texts, request["save"]);
    const auto start = Clock::now();
    const std::clock_t processor = std::clock();
    // With hidden states, as the other programs return the last ones: without them headscope's run
    // would end with the last layer's weights.
    TraceOptions whole;
    whole.with_hidden = true;
    const auto traces = model->runner().trace(texts, whole);
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
    const double used = 1e3 * static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    std::cout
        << nlohmann::json{{"milliseconds", taken.count()}, {"processor_milliseconds", used}}.dump()
        << std::endl;
  }
}

}  // namespace
}  // namespace headscope

int main(int argc, char** argv) {
  const auto precision = headscope::parse_precision(argc == 4 ? argv[3] : "f32");
  if (argc < 3 || argc > 4 || !precision) {
    std::fprintf(stderr, "usage: headscope_forward MODEL_DIRECTORY THREADS [f32|bf16x3|bf16]\n");
    return 2;
  }
  try {
    headscope::set_max_threads(std::atoi(argv[2]));
    headscope::serve(argv[1], *precision);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "headscope_forward: %s\n", error.what());
    return 1;
  }
}
