#include "text/added_tokens.h"

#include <algorithm>

#include "text/byte_letters.h"
#include "text/characters.h"

namespace headscope {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer)
    : tokens_(std::move(tokens)) {
  for (size_t index = 0; index < tokens_.size(); ++index) {
    const AddedToken& token = tokens_[index];
    AlignedText content = align(token.content, {0, static_cast<int64_t>(token.content.size())});
    if (token.normalized) normalizer.apply(content);
    if (content.empty()) continue;
    Trie& trie = token.normalized ? normalized_ : written_;
    size_t node = 0;
    for (const char32_t code : content.codes) {
      const auto [found, fresh] = trie[node].next.try_emplace(code, trie.size());
      node = found->second;
      if (fresh) trie.emplace_back();
    }
    trie[node].token = static_cast<int>(index);
    if (!token.normalized && first_bytes_.find(token.content[0]) == std::string::npos) {
      first_bytes_ += token.content[0];
    }
  }
}

bool AddedTokens::may_occur_in(std::string_view text) const {
  return text.find_first_of(first_bytes_) != std::string_view::npos;
}

// Leftmost, then longest; the reference's find_matches.
std::vector<CutPart> AddedTokens::cut(AlignedText text, const Trie& trie) const {
  std::vector<CutPart> out;
  const std::u32string& codes = text.codes;
  const size_t size = codes.size();
  size_t done = 0;
  const auto add = [&](size_t first, size_t last, int32_t id) {
    if (first < last) out.push_back({part_of(text, first, last), id});
  };
  for (size_t at = 0; at < size;) {
    size_t node = 0, end = at;
    int token = -1;
    for (size_t i = at; i < size; ++i) {
      const auto next = trie[node].next.find(codes[i]);
      if (next == trie[node].next.end()) break;
      node = next->second;
      if (trie[node].token >= 0) {
        token = trie[node].token;
        end = i + 1;
      }
    }
    if (token < 0) {
      ++at;
      continue;
    }
    const AddedToken& found = tokens_[static_cast<size_t>(token)];
    size_t first = at, last = end;
    at = end;
    if (found.special && splits_special_) continue;
    if (found.single_word && ((first > 0 && is_word_character(codes[first - 1])) ||
                              (last < size && is_word_character(codes[last])))) {
      continue;
    }
    if (found.lstrip) {
      size_t blank = first;
      while (blank > 0 && is_white_space(codes[blank - 1])) --blank;
      first = std::max(blank, done);
    }
    while (found.rstrip && last < size && is_white_space(codes[last])) ++last;
    if (done < first) add(done, first, -1);
    add(first, last, found.id);
    done = last;
  }
  if (done == 0 && out.empty()) {
    // A part begins where its first character comes from, in a whole text too.
    if (!text.empty()) text.begin = text.sources.front().begin;
    if (!text.empty()) out.push_back({std::move(text), -1});
  } else {
    add(done, size, -1);
  }
  return out;
}

}  // namespace headscope
