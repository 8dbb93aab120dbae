// Texts → tokens, ids and byte offsets, token for token what the reference does (Hugging Face
// `tokenizers` 0.23), whatever the tokenizer: WordPiece, byte-level BPE, BPE with byte fallback,
// Unigram, from tokenizer.json or from the files that stood before it (vocab.txt; vocab.json and
// merges.txt; spiece.model, tokenizer.model, sentencepiece.bpe.model).
//
// Goals: equal tokens and byte offsets for every Unicode scalar; BERT's WordPiece at several MB/s.
// What is not known to be read alike is refused by name, never guessed. Non-goals: training,
// chat templates, tokenizers written in Python (BertJapanese, …). Unicode:
// docs/decisions/003-bert-character-tables.md, 121-unicode-of-tokenizers.md.
//
// A Tokenizer is immutable: one object may be used from any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/runner.h"
#include "headscope/trace_info.h"

namespace headscope {

// Of a BERT vocabulary (vocab.txt) and what goes with it.
struct TokenizerConfig {
  bool lower_case = true;                // do_lower_case
  std::optional<bool> strip_accents;     // default: as lower_case
  bool blanks_around_ideographs = true;  // tokenize_chinese_chars
  int64_t max_positions = 512;  // longest sequence that the model takes, special tokens included
  std::string unk = "[UNK]", cls = "[CLS]", sep = "[SEP]", pad = "[PAD]", mask = "[MASK]";
};

// −1 where the tokenizer has none.
struct SpecialIds {
  int32_t unk = -1, cls = -1, sep = -1, pad = -1, mask = -1, bos = -1, eos = -1;
};

// The files of a model by name ("tokenizer.json"), wherever they lie.
struct TokenizerFiles {
  std::string source;  // names them in errors: the directory
  // The whole content; nullopt where there is no such file.
  std::function<std::optional<std::string>(const std::string& name)> read;
};

struct TokenizerOptions {
  int64_t max_positions = 512;  // as above
  std::optional<int64_t> rows;  // of the model's word embeddings
  bool target = false;          // of the decoder's texts, where they are cut otherwise (Marian)
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

  // tokenizer.json where there is one, else the older files; tokenizer_config.json,
  // added_tokens.json and special_tokens_map.json with it. Padding and truncation that the files
  // ask for are ignored. Throws Error(kBadInput) naming the file: what it cannot read alike
  // (HS-TOKENIZER-01), a base vocabulary longer than `rows`.
  static Tokenizer open(const TokenizerFiles& files, const TokenizerOptions& options);

  // The tokenizer of a model's directory or GGUF file; `target`: as in TokenizerOptions; `given`:
  // read from there in its place, a folder, a GGUF file, or one file such as a tokenizer.json.
  // Without max_positions the model's configuration says the limit. Throws Error(kNotFound):
  // nothing at `given`; Error(kBadInput): it is the tokenizer of another model than the GGUF
  // file's.
  static Tokenizer from_directory(const std::string& directory,
                                  std::optional<int64_t> max_positions = std::nullopt,
                                  const std::string& given = {}, bool target = false);

  // The model's template around A, or A and B, such as [CLS] A [SEP] B [SEP]; an empty B is an
  // empty sentence. `segment_ids` are what the model is fed (all 0 where it takes no token types),
  // `sentences` what the tokens belong to. `words` counts through both texts, so that equal numbers
  // always mean one word. Invalid UTF-8 reads as U+FFFD, offsets count the bytes given; the
  // sequence's text_a, text_b are valid UTF-8. Throws Error(kBadInput): A has no tokens (unless
  // options.allow_empty), a token without a row in the embeddings, HS-LEN-01 too long, HS-LEN-02
  // the truncation strategy cannot shorten enough; Error(kUsage): max_tokens above max_positions or
  // below 1, lower_case for a tokenizer that is not BERT's.
  TokenSequence encode(std::string_view a, std::optional<std::string_view> b = std::nullopt,
                       const TokenizeOptions& options = {}) const;

  // Readable text of ids. WordPiece: "##" pieces joined, one space elsewhere, no space before
  // . , ! ? and inside contractions, as the reference's decode(clean_up_tokenization_spaces=True)
  // does. Throws Error(kUsage) for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids, bool skip_special = true) const;

  const TokenizerConfig& config() const;
  bool byte_letters() const;  // tokens are written in byte letters (headscope/token_text.h)
  const SpecialIds& special() const;
  int64_t vocab_size() const;                  // with added tokens: one above the highest id
  int64_t base_size() const;                   // without them
  const std::string& token(int32_t id) const;  // Throws Error(kUsage). "" for an id without token.
  std::optional<int32_t> id_of(std::string_view token) const;
  // What its user should know, such as added tokens that have no row in the embeddings.
  const std::vector<std::string>& notes() const;

  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);

 private:
  std::unique_ptr<const State> state_;
};

}  // namespace headscope
