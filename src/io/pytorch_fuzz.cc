#include <vector>

#include "base/fuzz.h"
#include "io/pytorch_file.h"

// A file that is taken gives all its numbers, whatever its strides say; the address sanitizer sees
// that they lie inside.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    TensorTable table("input");
    for (auto& [name, tensor] : read_pytorch_bytes(bytes_of(data, size), "input", nullptr)) {
      table.add(std::move(name), std::move(tensor), "input");
    }
    for (const std::string& name : table.names()) {
      accepts([&] {
        const float* numbers = table.data(name);
        const auto count = static_cast<size_t>(table.float_bytes(name)) / sizeof(float);
        double sum = 0;
        for (size_t i = 0; i < count; ++i) sum += static_cast<double>(numbers[i]);
        static_cast<void>(sum);
        table.drop_pages(name);
      });
    }
  });
  return 0;
}
