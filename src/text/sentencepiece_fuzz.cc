// Any bytes as a sentencepiece model, of each algorithm's families.
#include <string>

#include "base/fuzz.h"
#include "headscope/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string file(text_of(data, size));
  constexpr const char* kClasses[] = {"T5Tokenizer", "AlbertTokenizer", "XLMRobertaTokenizer",
                                      "LlamaTokenizer", "GemmaTokenizer"};
  for (const char* name : kClasses) {
    accepts([&] {
      const TokenizerFiles files{"fuzz",
                                 [&](const std::string& wanted) -> std::optional<std::string> {
                                   if (wanted == "tokenizer.model") return file;
                                   if (wanted != "tokenizer_config.json") return std::nullopt;
                                   return std::string(R"({"tokenizer_class": ")") + name + "\"}";
                                 }};
      const Tokenizer tokenizer = Tokenizer::open(files, {.max_positions = 1 << 20, .rows = {}});
      TokenizeOptions options;
      options.allow_empty = true;
      tokenizer.encode("The caf\xC3\xA9 \xE4\xBD\xA0  <s>\xFF x1", {}, options);
    });
  }
  return 0;
}
