#include "base/fuzz.h"
#include "headscope/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const SafetensorsView view(bytes_of(data, size), "input");
    int64_t total = 0;
    for (const TensorEntry& entry : view.tensors()) {
      total += entry.bytes;
      require(view.find(entry.name) == &entry, "every tensor is found by its name");
      accepts([&] { to_float(entry); });
    }
    require(total <= static_cast<int64_t>(size), "tensors do not overlap");
  });
  return 0;
}
