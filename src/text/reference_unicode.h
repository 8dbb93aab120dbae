// The reference mixes versions of Unicode; these are its differences from the libraries used here
// (docs/decisions/121-unicode-of-tokenizers.md).
#pragma once

namespace headscope {

// Neither decomposes, composes nor reorders for the reference, whatever later versions say.
bool is_inert(char32_t code);
// A combining mark of a version that the reference's removal of accents does not know.
bool is_later_mark(char32_t code);
// What stands for `code` where a regular expression is matched: a character of the category that
// the reference's expressions see. The character itself where both agree.
char32_t stand_in(char32_t code);
// The lower case of letters that utf8proc does not know; 0 for all others.
char32_t later_lower_case(char32_t code);
// Numbers (Nd, Nl, No) that utf8proc does not know.
bool is_later_number(char32_t code);

// A character of a version that utf8proc does not know which goes on with the grapheme before it.
bool is_later_extender(char32_t code);

}  // namespace headscope
