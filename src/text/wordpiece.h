// The vocabulary as a trie, and WordPiece: greedy longest match from the left
// (Devlin et al. 2019; the reference's `WordPiece` model).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

// The tokens of a vocab.txt: a token's id is its line. White space at a line's end, a byte-order
// mark and empty lines at the file's end are no part of them, as for the reference. Throws
// Error(kBadInput) naming `source`: nothing in it, a line that is not UTF-8 or holds a NUL.
std::vector<std::string> vocabulary_lines(std::string_view text, const std::string& source);

class Vocabulary {
 public:
  // Tokens by id; an empty one is an id without a token. A token that occurs twice has its last id,
  // as in the reference. `inside`: what tokens inside a word begin with. Throws Error(kBadInput)
  // naming `source`: no token, or 16 MiB of them.
  Vocabulary(std::vector<std::string> tokens, const std::string& source,
             std::string_view inside = "##");

  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  std::optional<int32_t> id_of(std::string_view token) const;

  struct Match {
    int32_t id = -1;  // -1: nothing matches
    size_t bytes = 0;
  };
  // The longest token that is a prefix of `text`; `inside`: of those written "##…", text without
  // it.
  Match longest(std::string_view text, bool inside) const;
  // Every token that is a prefix of `text`, the shortest first: visit(id, bytes).
  template <typename Visit>
  void for_each_prefix(std::string_view text, const Visit& visit) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      node = child(node, static_cast<uint8_t>(text[i]));
      if (node == kNoNode) return;
      if (ids_[node] >= 0) visit(ids_[node], i + 1);
    }
  }

 private:
  struct Edge {
    uint32_t key = kNoKey;  // node · 256 + byte
    uint32_t child = 0;
  };
  static constexpr uint32_t kNoKey = 0xFFFFFFFF;
  static constexpr uint32_t kNoNode = 0xFFFFFFFF;
  uint32_t child(uint32_t node, uint8_t byte) const;
  uint32_t add_child(uint32_t node, uint8_t byte);
  void add(std::string_view token, int32_t id);

  std::vector<std::string> tokens_;
  std::vector<Edge> edges_;   // open addressing, a power of two
  std::vector<int32_t> ids_;  // [node] the token that ends here, or -1
  uint32_t inside_ = 0;       // the node of "##"
};

struct Piece {
  int32_t id = 0;
  size_t begin = 0;  // bytes of the word
  size_t end = 0;
};

// BERT's rule: a longer word is [UNK] whole.
inline constexpr size_t kMaxWordCharacters = 100;

// Pieces of a word into `pieces` (cleared first); one piece `unk` over the whole word where some
// part matches nothing or the word is longer than `longest`. `characters` is its length.
void word_pieces(const Vocabulary& vocabulary, std::string_view word, size_t characters,
                 size_t longest, int32_t unk, std::vector<Piece>& pieces);

}  // namespace headscope
