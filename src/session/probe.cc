#include "headscope/probe.h"

#include <algorithm>
#include <random>

#include "analysis/words.h"

namespace headscope {
namespace {

constexpr int64_t kWords = 25, kFewest = 5, kRepeats = 4;
constexpr uint32_t kSeed = 20181107;

// A word that the tokenizer leaves whole.
bool is_whole(const Tokenizer& tokenizer, int32_t id) {
  const std::string& token = tokenizer.token(id);
  if (is_continuation(token) || !is_content_word(token)) return false;
  TokenizeOptions options;
  options.allow_empty = true;
  options.truncation = Truncation::kOnlyFirst;
  const TokenSequence alone = tokenizer.encode(token, std::nullopt, options);
  return alone.size() == 3 && alone.ids[1] == id && !alone.special[1];
}

}  // namespace

std::optional<TokenSequence> probe_text(const Tokenizer& tokenizer) {
  const int64_t room = (tokenizer.config().max_positions - 2) / kRepeats;
  const auto wanted = static_cast<size_t>(std::min(kWords, room));
  // Draws by hand: the standard's distributions differ between libraries.
  std::mt19937 random(kSeed);
  std::vector<int32_t> words;
  constexpr int kDraws = 10000;
  for (int draw = 0; draw < kDraws && words.size() < wanted; ++draw) {
    const auto id = static_cast<int32_t>(random() % static_cast<uint64_t>(tokenizer.vocab_size()));
    if (std::find(words.begin(), words.end(), id) == words.end() && is_whole(tokenizer, id)) {
      words.push_back(id);
    }
  }
  if (words.size() < static_cast<size_t>(kFewest)) return std::nullopt;
  std::string text;
  for (int64_t repeat = 0; repeat < kRepeats; ++repeat) {
    for (const int32_t id : words) text += (text.empty() ? "" : " ") + tokenizer.token(id);
  }
  return tokenizer.encode(text);
}

std::optional<TokenSequence> probe_text(const Model& model) {
  return model.tokenizer() ? probe_text(*model.tokenizer()) : std::nullopt;
}

}  // namespace headscope
