// Any bytes as a tokenizer.json: refused with an Error, or a tokenizer whose offsets lie in the
// text.
#include <string>

#include "base/fuzz.h"
#include "headscope/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string file(text_of(data, size));
  accepts([&] {
    const TokenizerFiles files{"fuzz", [&](const std::string& name) -> std::optional<std::string> {
                                 if (name != "tokenizer.json") return std::nullopt;
                                 return file;
                               }};
    const Tokenizer tokenizer = Tokenizer::open(files, {.max_positions = 1 << 20, .rows = {}});
    TokenizeOptions options;
    options.allow_empty = true;
    const std::string text = "The caf\xC3\xA9 \xE4\xBD\xA0  [MASK] <s>\xFF x1's\n";
    const TokenSequence tokens = tokenizer.encode(text, text, options);
    for (size_t i = 0; i < tokens.tokens.size(); ++i) {
      const Range at = tokens.offsets[i];
      require(0 <= at.begin && at.begin <= at.end && at.end <= static_cast<int64_t>(text.size()),
              "offsets lie in the text");
    }
    tokenizer.decode(tokens.ids);
  });
  return 0;
}
