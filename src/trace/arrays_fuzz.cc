// Attention arrays of other programs, as `headscope view` opens them. What is taken has finite
// weights, which sum to 1 a row where the input says so.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/fuzz.h"
#include "trace/fuzz_arrays.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string_view input = text_of(data, size);
  accepts([&] {
    const auto source = read_fuzz_arrays(input);
    if (!source) return;
    const TraceInfo& info = source->info();
    for (const HeadRef& head : source->all_heads()) {
      const Range rows{0, std::min<int64_t>(info.tokens(head.stack, Side::kQuery).size(), 4)};
      const Range cols{0, info.tokens(head.stack, Side::kKey).size()};
      std::vector<float> weights(static_cast<size_t>(rows.size() * cols.size()));
      source->weights(head, rows, cols, weights.data());
      for (size_t row = 0; row < static_cast<size_t>(rows.size()); ++row) {
        double sum = 0;
        for (size_t j = 0; j < static_cast<size_t>(cols.size()); ++j) {
          const auto weight =
              static_cast<double>(weights[row * static_cast<size_t>(cols.size()) + j]);
          require(std::isfinite(weight) && weight >= 0, "weights are numbers of at least 0");
          sum += weight;
        }
        require(input.starts_with("unnormalised") || std::abs(sum - 1) < 0.01, "rows sum to 1");
      }
    }
  });
  return 0;
}
