// A text to its pieces: added tokens, normaliser, pre-tokenizer, model, offsets, words.
#include "text/tokenizer_state.h"

#include <algorithm>

#include "headscope/counted.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/byte_letters.h"
#include "text/characters.h"
#include "text/normalise.h"

namespace headscope {
namespace {

constexpr char32_t kMetaspace = 0x2581;

// The character table of for_each_word (text/normalise.h) maps one character at a time. Marks that
// BERT keeps and that are reordered among others need the steps of the reference.
bool reorders(std::u32string_view codes) {
  return std::any_of(codes.begin(), codes.end(), [](char32_t c) {
    if (c < 0x300) return false;
    const bool note = (c >= 0x1D15E && c <= 0x1D164) || (c >= 0x1D1BB && c <= 0x1D1C0);
    return note || (combining_class(c) != 0 && !is_nonspacing_mark(c));
  });
}

bool is_blank(char32_t c) { return c == kMetaspace || c == letter_of(' ') || is_white_space(c); }

Range moved_right(std::string_view text, Range range, size_t characters) {
  while (characters-- > 0 && range.begin < range.end) {
    range.begin += read_utf8(text, static_cast<size_t>(range.begin)).bytes;
  }
  range.begin = std::min(range.begin, range.end);
  return range;
}

Range moved_left(std::string_view text, Range range, size_t characters) {
  while (characters-- > 0 && range.end > range.begin) {
    do --range.end;
    while (range.end > range.begin &&
           (static_cast<uint8_t>(text[static_cast<size_t>(range.end)]) & 0xC0) == 0x80);
  }
  return range;
}

}  // namespace

std::optional<int32_t> Tokenizer::State::id_of(std::string_view token) const {
  if (const auto id = vocabulary->id_of(token)) return id;
  const auto found = extra.find(std::string(token));
  return found == extra.end() ? std::nullopt : std::optional(found->second);
}

void Tokenizer::State::add_tokens(std::vector<AddedToken> list, const std::string& where) {
  auto next = static_cast<int32_t>(vocabulary->size());
  for (const auto& [content, id] : extra) next = std::max(next, id + 1);
  std::vector<AddedToken> all = added.tokens();
  for (AddedToken& token : list) {
    if (token.content.empty()) continue;
    const auto known = id_of(token.content);
    const int32_t id = known ? *known : next;
    if (token.id >= 0 && token.id != id) {
      throw Error(ErrorCode::kBadInput,
                  where + ": the added token \"" + token.content + "\" has id " +
                      std::to_string(token.id) + " where " +
                      (known ? "the vocabulary has it as " : "the next free id is ") +
                      std::to_string(id),
                  "added tokens whose ids follow the vocabulary without a gap",
                  "Give token ids with --ids", "HS-TOKENIZER-01");
    }
    token.id = id;
    if (!known) {
      extra.emplace(token.content, id);
      ++next;
    }
    const auto same = std::find_if(all.begin(), all.end(), [&](const AddedToken& other) {
      return other.content == token.content;
    });
    if (same == all.end()) {
      all.push_back(std::move(token));
    } else {
      *same = std::move(token);
    }
  }
  added = AddedTokens(std::move(all), normalizer);
}

void Tokenizer::State::finish() {
  tokens = vocabulary->tokens();
  for (const auto& [content, id] : extra) {
    tokens.resize(std::max(tokens.size(), static_cast<size_t>(id) + 1));
    tokens[static_cast<size_t>(id)] = content;
  }
  is_special.assign(tokens.size(), 0);
  for (const AddedToken& token : added.tokens()) {
    is_special[static_cast<size_t>(token.id)] = token.special;
  }
  for (const auto* items : {&template_.single, &template_.pair}) {
    for (const TemplateItem& item : *items) {
      if (item.kind != TemplateItem::kSpecial || static_cast<size_t>(item.id) < tokens.size()) {
        continue;
      }
      throw Error(ErrorCode::kBadInput, source + ": the template has id " + std::to_string(item.id),
                  "ids of the vocabulary, below " + std::to_string(tokens.size()), "",
                  "HS-TOKENIZER-01");
    }
  }
  if (!rows) return;
  if (vocabulary->size() > *rows) {
    throw Error(ErrorCode::kBadInput,
                source + " has " + std::to_string(vocabulary->size()) + " tokens",
                "at most " + std::to_string(*rows) + ", the rows of the model's word embeddings",
                "Check that the vocabulary belongs to the model", "HS-MODEL-01");
  }
  std::string without;
  int count = 0;
  for (const AddedToken& token : added.tokens()) {
    if (token.id < *rows) continue;
    constexpr int kShown = 5;
    if (++count <= kShown) without += (count > 1 ? ", " : "") + token.content;
  }
  if (count > 0) {
    notes.push_back(counted(count, "added token") + " (" + without + (count > 5 ? ", …" : "") +
                    (count == 1 ? ") has" : ") have") +
                    " no row in the word embeddings, which have " + std::to_string(*rows) +
                    ": a text that uses one is refused");
  }
}

void Tokenizer::State::cut_bert(std::string_view text, Range range, const BertNormalization& bert_,
                                Pieces& out) const {
  std::vector<Piece> pieces;
  for_each_word(text, range, bert_.lower_case, [&](const Word& word) {
    const int32_t number = out.next_word();
    model->tokens(word.text, pieces);
    size_t first = 0;
    for (const Piece& piece : pieces) {
      size_t last = first;
      while (last + 1 < word.characters() && word.starts[last + 1] < piece.end) ++last;
      out.add(piece.id, {word.sources[first].begin, word.sources[last].end}, number);
      first = last + 1;
    }
  });
}

// One part of the pre-tokenizer. A byte of a character stands for all of it.
void Tokenizer::State::add_part(const AlignedText& part, std::vector<Piece>& scratch,
                                Pieces& out) const {
  std::string bytes;
  std::vector<uint32_t> character;  // of each byte
  for (size_t i = 0; i < part.size(); ++i) {
    append_utf8(bytes, part.codes[i]);
    character.resize(bytes.size(), static_cast<uint32_t>(i));
  }
  model->tokens(bytes, scratch);
  const int32_t word = out.next_word();
  for (const Piece& piece : scratch) {
    const size_t first = character[std::min(piece.begin, character.size() - 1)];
    const size_t last = character[std::clamp<size_t>(piece.end, 1, character.size()) - 1];
    out.add(piece.id, {part.sources[first].begin, part.sources[last].end}, word);
  }
}

void Tokenizer::State::cut(AlignedText text, Pieces& out) const {
  std::vector<Piece> scratch;
  for (const AlignedText& part : pre_tokenizer.apply(std::move(text))) {
    add_part(part, scratch, out);
  }
}

// Words of pieces from `first` on, where the pre-tokenizer does not say them: a word begins at a
// blank, and where a letter stands beside a punctuation mark.
void Tokenizer::State::number_words(std::string_view text, size_t first, Pieces& out) const {
  enum class Kind { kBlank, kMarks, kLetters };
  int32_t word = first == 0 ? -1 : out.words[first - 1];
  int32_t part = -1;
  Kind before = Kind::kBlank;
  for (size_t i = first; i < out.size(); ++i) {
    const std::u32string token = codes_of(tokens[static_cast<size_t>(out.ids[i])]);
    const Range at = out.offsets[i];
    bool blank_first = !token.empty() && is_blank(token[0]);
    Kind kind = Kind::kBlank;
    for (int64_t byte = at.begin; byte < at.end;) {
      const Utf8Char c = read_utf8(text, static_cast<size_t>(byte));
      byte += c.bytes;
      if (is_blank(c.code)) continue;
      kind = is_word_character(c.code) ? Kind::kLetters : Kind::kMarks;
      if (kind == Kind::kLetters) break;
    }
    const bool cut = pre_tokenizer.cuts_at_words() && out.words[i] != part;
    const bool meets = before != Kind::kBlank && kind != Kind::kBlank && kind != before;
    if (word < 0 || i == first || cut || blank_first || meets) ++word;
    part = out.words[i];
    out.words[i] = word;
    before = kind;
  }
}

Range Tokenizer::State::trimmed(std::string_view text, int32_t id, Range offset, bool first,
                                std::u32string_view added_text) const {
  const std::u32string own =
      added_text.empty() ? codes_of(tokens[static_cast<size_t>(id)]) : std::u32string(added_text);
  const auto blank = [](char32_t c) { return c == letter_of(' ') || is_white_space(c); };
  size_t before = 0, behind = 0;
  while (before < own.size() && blank(own[before])) ++before;
  while (behind < own.size() && blank(own[own.size() - 1 - behind])) ++behind;
  if (before > 0 && (first || offset.begin == 0) && template_.adds_prefix_space) --before;
  return moved_left(text, moved_right(text, offset, before), behind);
}

Pieces Tokenizer::State::pieces_of(std::string_view text, std::optional<bool> lower_case) const {
  if (lower_case && !bert) {
    throw Error(ErrorCode::kUsage, "--cased for a tokenizer that is not BERT's",
                "a tokenizer that lower-cases or does not, as its files say");
  }
  std::optional<BertNormalization> options = bert;
  if (lower_case) options->lower_case = options->strip_accents = *lower_case;
  const bool tabled = options && bert_words && options->clean && options->ideographs &&
                      options->strip_accents == options->lower_case && !added.any_normalized();
  Pieces out;
  const auto whole = Range{0, static_cast<int64_t>(text.size())};
  // A character from U+0300 on begins with a byte of at least 0xCC.
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<uint8_t>(c) >= 0xCC; });
  if (tabled && plain && !added.may_occur_in(text)) {
    cut_bert(text, whole, *options, out);
    return out;
  }
  AlignedText aligned = align(text, whole);
  const bool by_table = tabled && !reorders(aligned.codes);
  std::vector<Piece> scratch;
  const auto add_token = [&](const CutPart& part) {
    const Range place{part.text.sources.front().begin, part.text.sources.back().end};
    const bool first = out.size() == 0;
    out.add(part.id,
            template_.trims_offsets ? trimmed(text, part.id, place, first, part.text.codes) : place,
            out.next_word());
  };
  for (CutPart& part : added.cut(std::move(aligned))) {
    if (part.id >= 0) {
      add_token(part);
      continue;
    }
    if (by_table) {
      cut_bert(text, {part.text.sources.front().begin, part.text.sources.back().end}, *options,
               out);
      continue;
    }
    if (options) {
      bert_normalise(part.text, *options);
    } else {
      normalizer.apply(part.text);
    }
    for (CutPart& inner : added.cut_normalized(std::move(part.text))) {
      if (inner.id >= 0) {
        add_token(inner);
        continue;
      }
      const size_t before = out.size();
      cut(std::move(inner.text), out);
      if (!bert_words) number_words(text, before, out);
      for (size_t i = before; template_.trims_offsets && i < out.size(); ++i) {
        out.offsets[i] = trimmed(text, out.ids[i], out.offsets[i], i == 0, {});
      }
    }
  }
  return out;
}

int64_t Tokenizer::State::limit(const TokenizeOptions& options) const {
  if (!options.max_tokens) return config.max_positions;
  if (*options.max_tokens < 1 || *options.max_tokens > config.max_positions) {
    throw Error(ErrorCode::kUsage, "--max-tokens " + std::to_string(*options.max_tokens),
                "1 to " + std::to_string(config.max_positions) + ", the model's positions");
  }
  return *options.max_tokens;
}

}  // namespace headscope
