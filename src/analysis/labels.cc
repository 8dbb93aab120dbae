#include "headscope/labels.h"

#include "analysis/score_table.h"

namespace headscope {
namespace {

using enum LabelFamily;

using enum Score;
using Scope = LabelBound::Scope;

constexpr LabelInfo row(std::string_view name, std::string_view glyph, LabelFamily family,
                        std::string_view words, Score score, std::array<LabelBound, 2> bounds,
                        int leaning = 0) {
  LabelInfo out;
  out.name = name;
  out.glyph = glyph;
  out.family = family;
  out.words = words;
  out.score = info_of(score).name;
  if (info_of(score).kind == ScoreKind::kShare || info_of(score).evidence) out.evidence = score;
  out.bounds = bounds;
  out.is_share = info_of(score).kind == ScoreKind::kShare;
  out.leaning = leaning;
  return out;
}

constexpr LabelInfo unless(std::string_view label, LabelInfo out) {
  out.unless = label;
  return out;
}

constexpr LabelInfo only(LabelModels models, LabelInfo out) {
  out.models = models;
  return out;
}

constexpr auto kCausal = LabelModels::kCausal, kOthers = LabelModels::kOthers;

constexpr LabelInfo kTable[] = {
    only(kOthers, row("next", "→", kPositional, "next token", kNext, {{{kNext, "next"}}}, 1)),
    row("previous", "←", kPositional, "previous token", kPrevious, {{{kPrevious, "previous"}}}, 2),
    row("same-word", "≈", kLexical, "same word", kSameIncluding,
        {{{kSameIncluding, "same-word.including"}, {kSameElsewhere, "same-word.elsewhere"}}}, 3),
    unless("same-word", row("self", "=", kPositional, "itself", kSelf, {{{kSelf, "self"}}})),
    row("other-sentence", "⇄", kLexical, "same word in the other sentence", kSameAcross,
        {{{kSameAcross, "other-sentence.across"},
          {kCrossPreference, "other-sentence.preference", Scope::kNever, {}, true}}}),
    only(kOthers, row("predictive", "◇", kLexical, "words that predict the word", kPredictive,
                      {{{kPredictive, "predictive", Scope::kFewTexts, "predictive.one-text"}}}, 6)),
    only(kCausal, row("induction", "↻", kLexical, "induction, on the probe", kInduction,
                      {{{kInduction, "induction"}}})),
    only(kCausal, row("duplicate", "⧉", kLexical, "earlier self, on the probe", kDuplicate,
                      {{{kDuplicate, "duplicate"}}})),
    only(kCausal, row("first-token", "⌈", kDelimiter, "first token", kCls,
                      {{{kCls, "first-token", Scope::kShortSegments, "first-token.short"}}}, 4)),
    only(kOthers, row("cls", "⌈", kDelimiter, "[CLS]", kCls, {{{kCls, "cls"}}})),
    only(kOthers, row("sep", "⌊", kDelimiter, "[SEP]", kSep,
                      {{{kSep, "sep", Scope::kShortSegments, "sep.short"}}})),
    only(kOthers, row("delimiters", "‖", kDelimiter, "[CLS] and [SEP]", kDelimiters, {}, 4)),
    row("punctuation", "¦", kDelimiter, "punctuation", kPunctuation,
        {{{kPunctuation, "punctuation"}}}, 5),
    row("broad", "▦", kDiffuse, "broad", kBroad, {{{kBroad, "broad"}}}),
    row("sentence", "▤", kDiffuse, "own sentence, evenly", kSentence, {{{kSentence, "sentence"}}}),
};
constexpr LabelInfo kMixedRow = {"", "·", kMixed, "mixed", "", {}, {}, true, {}, 0};

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
