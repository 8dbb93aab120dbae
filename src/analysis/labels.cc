#include "headscope/labels.h"

namespace headscope {
namespace {

using enum LabelFamily;

constexpr LabelInfo kTable[] = {
    {"next", "→", kPositional, "next token", "next"},
    {"previous", "←", kPositional, "previous token", "previous"},
    {"same-word", "≈", kLexical, "same word", "same_including_itself"},
    {"self", "=", kPositional, "itself", "self"},
    {"other-sentence", "⇄", kLexical, "same word in the other sentence", "same_across"},
    {"predictive", "◇", kLexical, "words that predict the word", "predictive"},
    {"cls", "⌈", kDelimiter, "[CLS]", "cls"},
    {"sep", "⌊", kDelimiter, "[SEP]", "sep"},
    {"delimiters", "‖", kDelimiter, "[CLS] and [SEP]", "delimiters"},  // leaning only
    {"punctuation", "¦", kDelimiter, "punctuation", "punctuation"},
    {"broad", "▦", kDiffuse, "broad", "broad"},
    {"sentence", "▤", kDiffuse, "own sentence, evenly", "sentence"},
};
constexpr LabelInfo kMixedRow = {"", "·", kMixed, "mixed", ""};

}  // namespace

std::string_view name_of(LabelFamily family) {
  switch (family) {
    case kPositional:
      return "positional";
    case kLexical:
      return "lexical";
    case kDelimiter:
      return "delimiter";
    case kDiffuse:
      return "diffuse";
    case kMixed:
      break;
  }
  return "mixed";
}

std::span<const LabelInfo> label_table() { return kTable; }

const LabelInfo& label_info(std::string_view name) {
  for (const LabelInfo& row : kTable) {
    if (row.name == name) return row;
  }
  return kMixedRow;
}

}  // namespace headscope
