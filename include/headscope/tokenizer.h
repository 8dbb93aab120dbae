// BERT's tokenization, token for token what the reference fast tokenizer does (Hugging Face
// `tokenizers`, BertNormalizer + BertPreTokenizer + WordPiece): cleaning, CJK spacing,
// lower-casing with accent stripping, punctuation, WordPiece, special tokens typed in a text.
//
// Goals: equal tokens and byte offsets for every Unicode scalar, cased and uncased; several MB/s.
// Non-goals: byte-level BPE, Unigram, tokenizer.json. Rejected: a Unicode library for the character
// classes. The reference mixes Unicode versions, so its behaviour is a table
// (docs/decisions/003-bert-character-tables.md).
//
// A Tokenizer is immutable: one object may be used from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/runner.h"
#include "headscope/trace_info.h"

namespace headscope {

struct TokenizerConfig {
  bool lower_case = true;       // lower-cases and strips accents (do_lower_case)
  int64_t max_positions = 512;  // longest sequence that the model takes, special tokens included
  std::string unk = "[UNK]", cls = "[CLS]", sep = "[SEP]", pad = "[PAD]", mask = "[MASK]";
};

struct SpecialIds {
  int32_t unk = 0, cls = 0, sep = 0, pad = 0, mask = 0;
};

class Tokenizer {
 public:
  // vocab: the content of a vocab.txt, one token a line, the id is the line's number from 0.
  // `source` names it in errors. Throws Error(kBadInput): empty, not UTF-8, a special token
  // missing.
  Tokenizer(std::string_view vocab, TokenizerConfig config,
            const std::string& source = "vocab.txt");
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // Reads the vocabulary of a model directory and, where there is one, its tokenizer_config.json
  // (do_lower_case, the names of the special tokens). Without max_positions the model's
  // configuration says the limit. Throws Error(kBadInput) naming the file.
  static Tokenizer from_directory(const std::string& directory,
                                  std::optional<int64_t> max_positions = std::nullopt);

  // [CLS] A [SEP], or [CLS] A [SEP] B [SEP]; an empty B is an empty sentence. `words` counts
  // through both texts, so that equal numbers always mean one word. Invalid UTF-8 reads as U+FFFD
  // (which BERT's cleaning drops), offsets count the bytes given; the sequence's text_a, text_b are
  // valid UTF-8. Throws Error(kBadInput): A has no tokens (unless options.allow_empty), HS-LEN-01
  // too long, HS-LEN-02 the truncation strategy cannot shorten enough; Error(kUsage): max_tokens
  // above max_positions or below 1.
  TokenSequence encode(std::string_view a, std::optional<std::string_view> b = std::nullopt,
                       const TokenizeOptions& options = {}) const;

  // Readable text of ids: "##" pieces joined, one space elsewhere, no space before . , ! ? and
  // inside contractions, as the reference's decode(clean_up_tokenization_spaces=True) does.
  // Throws Error(kUsage) for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids, bool skip_special = true) const;

  const TokenizerConfig& config() const;
  const SpecialIds& special() const;
  int64_t vocab_size() const;
  const std::string& token(int32_t id) const;  // Throws Error(kUsage).
  std::optional<int32_t> id_of(std::string_view token) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace headscope
