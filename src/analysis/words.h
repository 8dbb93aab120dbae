// Classes of tokens that the scores speak of.
#pragma once

#include <string_view>

namespace headscope {

// The token without the word-start mark of its vocabulary.
std::string_view bare_token(std::string_view token);
// A "##" piece of WordPiece.
bool is_continuation(std::string_view token);
// Alphabetic, of two or more characters, and not among the 104 most frequent words, or a "##"
// piece. Letters beyond ASCII are told from punctuation by block only: the core has no Unicode
// tables.
bool is_content_word(std::string_view token);
// "." or ","
bool is_punctuation(std::string_view token);

}  // namespace headscope
