// Tokens that are found in the text before anything else: special ones and those that a user added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/aligned_text.h"
#include "text/normalizer.h"

namespace headscope {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool single_word = false;  // only between characters that are no \w
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // … and behind it
  bool normalized = false;   // is looked for in the normalised text
  bool special = false;
};

// A part of a text: an added token (id ≥ 0), or what is still to be cut.
struct CutPart {
  AlignedText text;
  int32_t id = -1;
};

class AddedTokens {
 public:
  AddedTokens() = default;
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer);

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  // Special tokens that a text spells are ordinary text from now on.
  void split_special() { splits_special_ = true; }
  // Whether any token is looked for in the normalised text.
  bool any_normalized() const { return normalized_.size() > 1; }
  // Whether the text may hold a token that is looked for in the text as it is.
  bool may_occur_in(std::string_view text) const;
  // The text cut at the tokens that are looked for in it as it is; no part is empty.
  std::vector<CutPart> cut(AlignedText text) const { return cut(std::move(text), written_); }
  std::vector<CutPart> cut_normalized(AlignedText text) const {
    return cut(std::move(text), normalized_);
  }

 private:
  struct Node {
    std::unordered_map<char32_t, size_t> next;
    int token = -1;  // index of the token that ends here
  };
  using Trie = std::vector<Node>;
  std::vector<CutPart> cut(AlignedText text, const Trie& trie) const;

  std::vector<AddedToken> tokens_;
  Trie written_{Node{}}, normalized_{Node{}};
  std::string first_bytes_;  // of the tokens in written_
  bool splits_special_ = false;
};

}  // namespace headscope
