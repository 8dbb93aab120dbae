#include <algorithm>
#include <string>
#include <vector>

#include "base/fuzz.h"
#include "headscope/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const auto trace = parse_trace(data, size);
    const TraceInfo& info = trace->info();
    for (const HeadRef& head : trace->all_heads()) {
      const Range rows{0, std::min<int64_t>(info.tokens(head.stack, Side::kQuery).size(), 4)};
      const Range cols{0, std::min<int64_t>(info.tokens(head.stack, Side::kKey).size(), 4)};
      std::vector<float> tile(static_cast<size_t>(rows.size() * cols.size()));
      accepts([&] { trace->weights(head, rows, cols, tile.data()); });
      accepts([&] { trace->scores(head, rows, cols, tile.data()); });
    }
    const std::string written = serialize_trace(*trace);
    require(serialize_trace(*parse_trace(written.data(), written.size())) == written,
            "what was written reads back as it was");
  });
  return 0;
}
