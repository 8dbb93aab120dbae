// The tokenizer.json and tokenizer_config.json that a GGUF file's tokenizer metadata means, so that
// one reader serves both.
//
// `pre` says how byte-level BPE splits (golden README): gpt-2, smollm, llama-bpe, qwen2. A
// sentencepiece vocabulary with scores becomes BPE whose merges are ordered by the joined token's
// score, as transformers' converter does it (convert_slow_tokenizer.py, generate_merges);
// WordPiece gets its ## back.
#pragma once

#include <string>

#include "io/gguf_tokenizer.h"

namespace headscope {

struct GgufTokenizerFiles {
  std::string tokenizer;  // tokenizer.json
  std::string config;     // tokenizer_config.json
};

// Throws Error(kBadInput, HS-MODEL-01) that names the key: a kind of tokenizer or a `pre` that is
// not known, a token that is not UTF-8, no begin or end token where WordPiece needs one. The
// message says that --tokenizer DIR helps.
GgufTokenizerFiles gguf_tokenizer_files(const GgufTokenizer& tokenizer);

}  // namespace headscope
