#include <algorithm>
#include <vector>

#include "base/fuzz.h"
#include "io/gguf_file.h"
#include "io/gguf_tokenizer.h"

// A file that is taken gives all that it holds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const GgufFile file(bytes_of(data, size), "input");
    for (const auto& [key, value] : file.metadata()) {
      accepts([&] { file.integer(key); });
      accepts([&] { file.number(key); });
      accepts([&] { file.boolean(key); });
      accepts([&] { file.text(key); });
      accepts([&] { file.integers(key); });
      accepts([&] { file.numbers(key); });
      accepts([&] { file.texts(key); });
    }
    accepts([&] { read_gguf_tokenizer(file); });
    for (const GgufTensor& tensor : file.tensors()) {
      require(tensor.bytes.size() % static_cast<size_t>(tensor.type->bytes) == 0, "whole blocks");
      if (!tensor.type->dequantise || tensor.bytes.empty()) continue;
      const auto blocks = static_cast<int64_t>(tensor.bytes.size()) / tensor.type->bytes;
      std::vector<float> numbers(static_cast<size_t>(blocks * tensor.type->elements));
      tensor.type->dequantise(tensor.bytes.data(), blocks * tensor.type->elements, numbers.data());
    }
  });
  return 0;
}
