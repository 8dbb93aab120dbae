// What the reference fast tokenizer's normaliser and pre-tokeniser make of one character.
// Tables are generated from data/unicode/bert-codepoints.json by tools/bert_tables.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace headscope {

// The numbers are those of tools/bert_tables.cc.
enum class CharClass : uint16_t {
  kKeep = 0,    // itself
  kDrop = 1,    // nothing: control, format, private use; uncased: combining marks
  kSpace = 2,   // ends a word
  kSplit = 3,   // a word of its own: punctuation, CJK ideographs
  kHangul = 4,  // its canonical decomposition (uncased)
  kMap = 8      // mapped: lower-cased, accents stripped
};

struct CharAction {
  CharClass kind = CharClass::kKeep;
  std::string_view mapped;  // kMap: UTF-8
  bool alone = false;       // kMap: the mapped string is a word of its own
};

CharAction char_action(char32_t code, bool lower_case);

}  // namespace headscope
