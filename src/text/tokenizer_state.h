// What a tokenizer is put together from. Readers of files fill it in (tokenizer_json.h,
// older_files.h); tokenizer.cc runs it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/tokenizer.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/token_template.h"
#include "text/wordpiece.h"

namespace headscope {

// The pieces of one text, before special tokens and truncation.
struct Pieces {
  std::vector<int32_t> ids;
  std::vector<Range> offsets;  // bytes of the text
  std::vector<int32_t> words;  // from 0
  size_t size() const { return ids.size(); }
  void add(int32_t id, Range offset, int32_t word) {
    ids.push_back(id);
    offsets.push_back(offset);
    words.push_back(word);
  }
  int32_t next_word() const { return words.empty() ? 0 : words.back() + 1; }
};

enum class Decoding { kWordPiece, kByteLetters, kMetaspace, kPlain };

struct Tokenizer::State {
  TokenizerConfig config;
  std::string source;                      // the file that the vocabulary stands in
  std::unique_ptr<Vocabulary> vocabulary;  // without added tokens
  std::unique_ptr<TokenModel> model;       // refers to the vocabulary
  Normalizer normalizer;
  std::optional<BertNormalization> bert;  // the normalizer is exactly this
  PreTokenizer pre_tokenizer;
  bool bert_words = false;  // … and the pre-tokenizer BERT's, the model WordPiece
  AddedTokens added;
  TokenTemplate template_ = TokenTemplate::plain();
  Decoding decoding = Decoding::kPlain;
  SpecialIds special;
  bool segments = true;         // the model takes token types
  bool truncates_left = false;  // a text that is shortened keeps its end
  std::optional<int64_t> rows;
  std::vector<std::string> notes;

  std::vector<std::string> tokens;                 // all, by id; finish() fills it
  std::unordered_map<std::string, int32_t> extra;  // added tokens that the vocabulary lacks
  std::vector<uint8_t> is_special;                 // by id: decode may skip it

  // Adds `tokens` as the reference does: to a token of the vocabulary its properties, to others the
  // next free ids. Throws Error(kBadInput) naming `source` where a token's id is another one than
  // stated.
  void add_tokens(std::vector<AddedToken> tokens, const std::string& source);
  // Everything is in place: checks it against the embeddings' rows.
  void finish();

  std::optional<int32_t> id_of(std::string_view token) const;
  Pieces pieces_of(std::string_view text, std::optional<bool> lower_case) const;
  int64_t limit(const TokenizeOptions& options) const;

 private:
  void cut_bert(std::string_view text, Range range, const BertNormalization& options,
                Pieces& out) const;
  void cut(AlignedText text, Pieces& out) const;
  void add_part(const AlignedText& part, std::vector<Piece>& scratch, Pieces& out) const;
  void number_words(std::string_view text, size_t first, Pieces& out) const;
  Range trimmed(std::string_view text, int32_t id, Range offset, bool first,
                std::u32string_view added) const;
};

}  // namespace headscope
