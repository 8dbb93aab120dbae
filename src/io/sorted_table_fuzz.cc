// The index of a TensorFlow checkpoint: as it comes, and as the content of a block whose checksum
// is right.
#include <string>

#include "base/fuzz.h"
#include "io/fuzz_table.h"
#include "io/sorted_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] { read_sorted_table(bytes_of(data, size), "input"); });
  const std::string file = fuzz_table(std::string(text_of(data, size)));
  accepts([&] {
    const SortedTable table = read_sorted_table(std::as_bytes(std::span(file)), "input");
    for (size_t i = 1; i < table.size(); ++i) {
      require(table[i - 1].first < table[i].first, "keys ascend");
    }
  });
  return 0;
}
