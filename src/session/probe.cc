#include "headscope/probe.h"

#include <algorithm>
#include <random>

#include "analysis/words.h"

namespace headscope {
namespace {

constexpr int64_t kWords = 25, kFewest = 5, kRepeats = 4;
constexpr uint32_t kSeed = 20181107;

std::vector<int32_t> without_template(const TokenSequence& tokens) {
  std::vector<int32_t> out;
  for (size_t i = 0; i < tokens.ids.size(); ++i) {
    if (!tokens.special[i]) out.push_back(tokens.ids[i]);
  }
  return out;
}

// The pieces of a text without those that the template adds.
std::vector<int32_t> pieces(const Tokenizer& tokenizer, const std::string& text) {
  TokenizeOptions options;
  options.allow_empty = true;
  options.truncation = Truncation::kOnlyFirst;
  return without_template(tokenizer.encode(text, std::nullopt, options));
}

// A word that the tokenizer leaves whole.
bool is_whole(const Tokenizer& tokenizer, int32_t id) {
  const std::string& token = tokenizer.token(id);
  return !is_continuation(token) && is_content_word(token) &&
         pieces(tokenizer, token) == std::vector<int32_t>{id};
}

// A word that begins with a blank: the token carries its mark, and its text gives it back.
bool is_whole_after_blank(const Tokenizer& tokenizer, int32_t id) {
  const std::string& token = tokenizer.token(id);
  const std::string_view bare = bare_token(token);
  return bare.size() < token.size() && is_content_word(token) &&
         pieces(tokenizer, " " + std::string(bare)) == std::vector<int32_t>{id};
}

// Random words of the vocabulary for which `fits` holds, each once; empty where there are too few.
template <class Fits>
std::vector<int32_t> draw_words(const Tokenizer& tokenizer, int64_t room, const Fits& fits) {
  const auto wanted = static_cast<size_t>(std::min(kWords, room / kRepeats));
  // Draws by hand: the standard's distributions differ between libraries.
  std::mt19937 random(kSeed);
  std::vector<int32_t> words;
  constexpr int kDraws = 10000;
  for (int draw = 0; draw < kDraws && words.size() < wanted; ++draw) {
    const auto id = static_cast<int32_t>(random() % static_cast<uint64_t>(tokenizer.vocab_size()));
    if (std::find(words.begin(), words.end(), id) == words.end() && fits(tokenizer, id)) {
      words.push_back(id);
    }
  }
  if (words.size() < static_cast<size_t>(kFewest)) words.clear();
  return words;
}

std::vector<int32_t> repeated(const std::vector<int32_t>& words) {
  std::vector<int32_t> ids;
  for (int64_t repeat = 0; repeat < kRepeats; ++repeat) {
    ids.insert(ids.end(), words.begin(), words.end());
  }
  return ids;
}

}  // namespace

std::optional<TokenSequence> probe_text(const Tokenizer& tokenizer) {
  // Tokenizers whose tokens carry a blank cut a word otherwise at the beginning of a text.
  for (const bool after_blank : {false, true}) {
    const std::vector<int32_t> words = draw_words(tokenizer, tokenizer.config().max_positions - 2,
                                                  after_blank ? is_whole_after_blank : is_whole);
    if (words.empty()) continue;
    const std::vector<int32_t> ids = repeated(words);
    std::string text;
    for (const int32_t id : ids) {
      text +=
          (text.empty() && !after_blank ? "" : " ") + std::string(bare_token(tokenizer.token(id)));
    }
    TokenizeOptions options;
    options.truncation = Truncation::kOnlyFirst;
    TokenSequence probe = tokenizer.encode(text, std::nullopt, options);
    if (without_template(probe) == ids) return probe;
  }
  return std::nullopt;
}

std::optional<TokenSequence> probe_text(Model& model) {
  if (!model.tokenizer() || model.runner().reads_target()) return std::nullopt;
  if (!model.runner().stacks().front().causal()) return probe_text(*model.tokenizer());
  const std::vector<int32_t> words =
      draw_words(*model.tokenizer(), model.runner().max_positions(), is_whole_after_blank);
  if (words.empty()) return std::nullopt;
  return model.sequence(repeated(words));
}

}  // namespace headscope
