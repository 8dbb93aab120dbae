// First byte: options; the rest: text A, a zero byte, text B. And the same bytes as a vocabulary.
#include <string>

#include "base/fuzz.h"
#include "headscope/tokenizer.h"

namespace {

constexpr const char* kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nthe\nstore\n##s\n##a\n##e\n.\n,\nstraw\n##berries\n";

void check(const headscope::TokenSequence& tokens, std::string_view a, std::string_view b) {
  using headscope::require;
  const size_t n = tokens.tokens.size();
  require(tokens.ids.size() == n && tokens.offsets.size() == n && tokens.special.size() == n &&
              tokens.words.size() == n && tokens.segment_ids.size() == n,
          "one entry a token");
  for (size_t i = 0; i < n; ++i) {
    if (tokens.special[i]) continue;
    const auto limit = static_cast<int64_t>((tokens.segment_ids[i] ? b : a).size());
    const headscope::Range at = tokens.offsets[i];
    require(0 <= at.begin && at.begin < at.end && at.end <= limit, "offsets lie in the text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  if (size == 0) return 0;
  static const Tokenizer uncased(kVocabulary, {.lower_case = true, .max_positions = 64});
  static const Tokenizer cased(kVocabulary, {.lower_case = false, .max_positions = 1 << 20});
  const std::string_view text = text_of(data + 1, size - 1);
  const size_t zero = text.find('\0');
  const std::string_view a = text.substr(0, zero);
  std::optional<std::string_view> b;
  if (zero != std::string_view::npos) b = text.substr(zero + 1);
  TokenizeOptions options;
  options.allow_empty = data[0] & 1;
  options.truncation = static_cast<Truncation>(data[0] >> 1 & 3);
  if (data[0] & 8) options.max_tokens = data[0] >> 4;
  for (const Tokenizer* tokenizer : {&uncased, &cased}) {
    accepts([&] {
      const TokenSequence tokens = tokenizer->encode(a, b, options);
      check(tokens, a, b.value_or(""));
      tokenizer->decode(tokens.ids);
    });
  }
  accepts([&] { Tokenizer(text, {}); });
  return 0;
}
