#include "headscope/tokenizer.h"

#include <algorithm>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/byte_letters.h"
#include "text/older_files.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_source.h"
#include "text/tokenizer_state.h"
#include "text/truncate.h"

namespace headscope {
namespace {

// transformers 5, clean_up_tokenization.
void tidy(std::string& text) {
  constexpr std::pair<std::string_view, std::string_view> kTidy[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kTidy) {
    for (size_t pos = 0; (pos = text.find(from, pos)) != std::string::npos; pos += to.size()) {
      text.replace(pos, from.size(), to);
    }
  }
}

// The byte of a token "<0x0A>", −1 for others.
int named_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return -1;
  int value = 0;
  for (const char c : token.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = 16 * value + digit;
  }
  return value;
}

void append_metaspace(std::string& text, const std::string& token) {
  constexpr std::string_view kMark = "\xE2\x96\x81";
  for (size_t at = 0; at < token.size();) {
    if (std::string_view(token).substr(at).starts_with(kMark)) {
      text += ' ';
      at += kMark.size();
    } else {
      text += token[at++];
    }
  }
}

}  // namespace

Tokenizer::Tokenizer(std::string_view vocab, TokenizerConfig config, const std::string& source)
    : state_(wordpiece_tokenizer(vocab, std::move(config), source)) {}
Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::open(const TokenizerFiles& files, const TokenizerOptions& options) {
  return Tokenizer(open_tokenizer(files, options));
}

Tokenizer Tokenizer::from_directory(const std::string& directory,
                                    std::optional<int64_t> max_positions, const std::string& given,
                                    bool target) {
  return open_tokenizer_of(ModelSource(directory), given, max_positions, target);
}

TokenSequence Tokenizer::encode(std::string_view a, std::optional<std::string_view> b,
                                const TokenizeOptions& options) const {
  const State& state = *state_;
  const int64_t limit = state.limit(options);
  const Pieces first = state.pieces_of(a, options.lower_case);
  const Pieces second = b ? state.pieces_of(*b, options.lower_case) : Pieces();
  const Lengths keep = truncated_lengths(
      {static_cast<int64_t>(first.size()), static_cast<int64_t>(second.size())}, b.has_value(),
      state.template_.added(b.has_value()), limit, options.truncation);
  if (keep.a == 0 && !options.allow_empty) {
    throw Error(ErrorCode::kBadInput,
                first.size() == 0 ? "text A has no tokens" : "truncation leaves text A no tokens",
                "a text with at least one word");
  }
  TokenSequence out;
  out.text_a = to_valid_utf8(a);
  if (b) out.text_b = to_valid_utf8(*b);
  int32_t sentence = 0, word_base = 0;
  const auto add = [&](int32_t id, int32_t segment, Range offset, bool special, int32_t word) {
    if (state.rows && id >= *state.rows) {
      throw Error(
          ErrorCode::kBadInput, "the token \"" + token(id) + "\" has id " + std::to_string(id),
          "ids below " + std::to_string(*state.rows) + ", the rows of the model's word embeddings",
          "Leave it out of the text, or use the weights that it was added to");
    }
    out.tokens.push_back(token(id));
    out.ids.push_back(id);
    out.segment_ids.push_back(state.segments ? segment : 0);
    out.sentences.push_back(sentence);
    out.offsets.push_back(offset);
    out.special.push_back(special);
    out.words.push_back(word);
  };
  for (const TemplateItem& item : state.template_.items(b.has_value())) {
    if (item.kind == TemplateItem::kSpecial) {
      add(item.id, item.segment, {0, 0}, true, -1);
      continue;
    }
    const bool is_b = item.kind == TemplateItem::kB;
    if (is_b) sentence = 1;
    const Pieces& pieces = is_b ? second : first;
    const auto count = static_cast<size_t>(is_b ? keep.b : keep.a);
    if (count == 0) continue;
    const size_t first_kept = state.truncates_left ? pieces.size() - count : 0;
    word_base -= pieces.words[first_kept];
    for (size_t i = first_kept; i < first_kept + count; ++i) {
      add(pieces.ids[i], item.segment, pieces.offsets[i], false, word_base + pieces.words[i]);
    }
    word_base += pieces.words[first_kept + count - 1] + 1;
  }
  return out;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  const State& state = *state_;
  std::string text;
  for (const int32_t id : ids) {
    const std::string& piece = token(id);
    if (skip_special && state.is_special[static_cast<size_t>(id)]) continue;
    switch (state.decoding) {
      case Decoding::kWordPiece:
        if (piece.size() > 2 && piece.starts_with("##")) {
          text += piece.substr(2);
        } else {
          text += (text.empty() ? "" : " ") + piece;
        }
        break;
      case Decoding::kByteLetters:
        text += state.extra.contains(piece) ? piece : from_byte_letters(piece);
        break;
      case Decoding::kMetaspace:
        if (const int byte = named_byte(piece); byte >= 0) {
          text += static_cast<char>(byte);
        } else {
          append_metaspace(text, piece);
        }
        break;
      case Decoding::kPlain:
        text += piece;
        break;
    }
  }
  if (state.decoding == Decoding::kWordPiece) tidy(text);
  if (state.decoding == Decoding::kMetaspace && text.starts_with(' ')) text.erase(0, 1);
  return to_valid_utf8(text);
}

const TokenizerConfig& Tokenizer::config() const { return state_->config; }
bool Tokenizer::byte_letters() const { return state_->decoding == Decoding::kByteLetters; }
const SpecialIds& Tokenizer::special() const { return state_->special; }
int64_t Tokenizer::vocab_size() const { return static_cast<int64_t>(state_->tokens.size()); }
int64_t Tokenizer::base_size() const { return state_->vocabulary->size(); }
const std::vector<std::string>& Tokenizer::notes() const { return state_->notes; }

const std::string& Tokenizer::token(int32_t id) const {
  if (id < 0 || id >= vocab_size()) {
    throw Error(ErrorCode::kUsage, "token id " + std::to_string(id),
                "0 to " + std::to_string(vocab_size() - 1));
  }
  return state_->tokens[static_cast<size_t>(id)];
}

std::optional<int32_t> Tokenizer::id_of(std::string_view token) const {
  return state_->id_of(token);
}

}  // namespace headscope
