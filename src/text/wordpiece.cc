#include "text/wordpiece.h"

#include <bit>

#include "headscope/error.h"
#include "headscope/file_kind.h"
#include "headscope/utf8.h"
#include "text/characters.h"

namespace headscope {

namespace {

// Without the white space at its end.
std::string_view trimmed(std::string_view line) {
  size_t end = 0;
  for (size_t at = 0; at < line.size();) {
    const Utf8Char c = read_utf8(line, at);
    at += c.bytes;
    if (!is_white_space(c.code)) end = at;
  }
  return line.substr(0, end);
}

}  // namespace

std::vector<std::string> vocabulary_lines(std::string_view text, const std::string& source) {
  require_text(text.substr(0, kKindBytes), source);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (find_invalid_utf8(line) || line.find('\0') != std::string_view::npos) {
      throw Error(ErrorCode::kBadInput,
                  source + ", line " + std::to_string(lines.size() + 1) + " is not UTF-8 text",
                  "a vocab.txt with one token a line", "Fetch the vocabulary again");
    }
    lines.emplace_back(trimmed(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.empty()) throw Error(ErrorCode::kBadInput, source + " is empty", "one token a line");
  return lines;
}

Vocabulary::Vocabulary(std::vector<std::string> tokens, const std::string& source,
                       std::string_view inside)
    : tokens_(std::move(tokens)) {
  size_t bytes = 1;
  for (const std::string& token : tokens_) bytes += token.size();
  if (bytes == 1) throw Error(ErrorCode::kBadInput, source + " has no tokens", "some");
  if (bytes >= (1u << 24)) {
    // Node numbers must fit the 24 bits of an edge's key; the largest known vocabulary has 3 MB.
    throw Error(ErrorCode::kBadInput, source + " holds " + std::to_string(bytes) + " bytes",
                "a vocabulary below 16 MiB");
  }
  edges_.resize(std::bit_ceil(2 * bytes));
  ids_.push_back(-1);
  for (size_t id = 0; id < tokens_.size(); ++id) add(tokens_[id], static_cast<int32_t>(id));
  for (const char c : inside) {
    if (inside_ != kNoNode) inside_ = child(inside_, static_cast<uint8_t>(c));
  }
}

namespace {

size_t slot_of(uint32_t key, size_t mask) {
  return (static_cast<size_t>(key) * 0x9E3779B97F4A7C15ull >> 32) & mask;
}

}  // namespace

uint32_t Vocabulary::child(uint32_t node, uint8_t byte) const {
  const uint32_t key = node * 256 + byte;
  const size_t mask = edges_.size() - 1;
  for (size_t slot = slot_of(key, mask);; slot = (slot + 1) & mask) {
    if (edges_[slot].key == key) return edges_[slot].child;
    if (edges_[slot].key == kNoKey) return kNoNode;
  }
}

uint32_t Vocabulary::add_child(uint32_t node, uint8_t byte) {
  const uint32_t found = child(node, byte);
  if (found != kNoNode) return found;
  const uint32_t key = node * 256 + byte;
  const size_t mask = edges_.size() - 1;
  size_t slot = slot_of(key, mask);
  while (edges_[slot].key != kNoKey) slot = (slot + 1) & mask;
  const auto fresh = static_cast<uint32_t>(ids_.size());
  ids_.push_back(-1);
  edges_[slot] = {key, fresh};
  return fresh;
}

void Vocabulary::add(std::string_view token, int32_t id) {
  uint32_t node = 0;
  for (const char c : token) node = add_child(node, static_cast<uint8_t>(c));
  if (node != 0) ids_[node] = id;
}

std::optional<int32_t> Vocabulary::id_of(std::string_view token) const {
  const Match match = longest(token, false);
  if (match.id < 0 || match.bytes != token.size()) return std::nullopt;
  return match.id;
}

Vocabulary::Match Vocabulary::longest(std::string_view text, bool inside) const {
  Match best;
  uint32_t node = inside ? inside_ : 0;
  for (size_t i = 0; i < text.size() && node != kNoNode; ++i) {
    node = child(node, static_cast<uint8_t>(text[i]));
    if (node != kNoNode && ids_[node] >= 0) best = {ids_[node], i + 1};
  }
  return best;
}

void word_pieces(const Vocabulary& vocabulary, std::string_view word, size_t characters,
                 size_t longest, int32_t unk, std::vector<Piece>& pieces) {
  pieces.clear();
  for (size_t pos = 0; pos < word.size() && characters <= longest;) {
    const Vocabulary::Match match = vocabulary.longest(word.substr(pos), pos > 0);
    if (match.id < 0) {
      pieces.clear();
      break;
    }
    pieces.push_back({match.id, pos, pos + match.bytes});
    pos += match.bytes;
  }
  if (pieces.empty()) pieces.push_back({unk, 0, word.size()});
}

}  // namespace headscope
