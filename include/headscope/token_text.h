// Tokens as people read them: in figures, tables and report pages. Files (JSON, CSV, NPY) hold the
// tokens as the vocabulary writes them. Twin of web/src/ui/byte_tokens.ts.
//
// Byte-level vocabularies write every byte of UTF-8 as one letter (Radford et al. 2019): "Ġthe" is
// " the", "Ċ" a line's end, "æĹ¥" the three bytes of "日". SentencePiece writes the blank before a
// word as "▁" and bytes outside its vocabulary as "<0xE6>". Whether a token is of byte letters
// cannot be told from the token alone ("ł" is a letter of Polish and the byte A0): the model says
// it (ModelInfo::byte_tokens). docs/decisions/240-tokens-as-they-are-read.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "headscope/trace_info.h"

namespace headscope {

// The text that the token stands for, every character visible: a blank is "·", a line's end "⏎", a
// tab "⇥", a byte that is no whole character "\xe6", what has no shape or turns the text "⟨200b⟩".
std::string readable_token(std::string_view token, bool byte_tokens);
// The pieces of one word in a row: "straw", "##berries" → "strawberries". Bytes of one character
// that lie in several pieces come together.
std::string readable_word(std::span<const std::string> pieces, bool byte_tokens);

// The tokens of `range`, for readable_word().
std::span<const std::string> tokens_in(const TokenSequence& tokens, Range range);

// For tokens of unknown origin: they are of byte letters. True where all tokens but special ones
// are, their bytes are UTF-8, and a letter that stands for another character does not occur in the
// texts itself.
bool has_byte_tokens(const TokenSequence& tokens);
// … of any sequence of the trace.
bool has_byte_tokens(const TraceInfo& info);

}  // namespace headscope
