// Classes and normal forms of characters as the reference tokenizers see them.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/aligned_text.h"

namespace headscope {

// Unicode's White_Space.
bool is_white_space(char32_t code);
// Categories Nd, Nl, No.
bool is_numeric(char32_t code);
// BERT's, and of the pre-tokenizer Punctuation: ASCII's marks and Unicode 8's punctuation.
bool is_punctuation(char32_t code);
// BERT's cleaning drops it: control, format, private use; not tab, line feed, carriage return.
bool is_control(char32_t code);
// CJK ideographs that BERT puts blanks around.
bool is_ideograph(char32_t code);
// BERT's removal of accents drops it: nonspacing marks of Unicode 8.
bool is_nonspacing_mark(char32_t code);
// StripAccents drops it: all marks of Unicode 9.
bool is_combining_mark(char32_t code);
// Canonical combining class; 0 below U+0300 and for what Unicode 9 does not know.
int combining_class(char32_t code);
// What regular expressions of the reference call \w.
bool is_word_character(char32_t code);

enum class NormalForm { kNfd, kNfkd, kNfc, kNfkc };
void normalise(AlignedText& text, NormalForm form);
void lower_case(AlignedText& text);

}  // namespace headscope
