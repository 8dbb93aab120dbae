// The tokenizer's data in a GGUF file, as it stands: src/text makes a tokenizer of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/gguf_file.h"

namespace headscope {

// tokenizer.ggml.token_type
enum class GgufTokenType : int8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // matched in texts before anything else
  kUserDefined = 4,  // so too
  kUnused = 5,
  kByte = 6  // "<0x0A>"
};

// Keys of which the file says nothing are nullopt or empty: what that means depends on `model`.
struct GgufTokenizer {
  std::string source;                // the file, for errors
  std::string model;                 // "gpt2" (byte-level BPE), "llama", "bert", "t5"
  std::optional<std::string> pre;    // how byte-level BPE splits: "smollm", "llama-bpe", …
  std::vector<std::string> tokens;   // by id; bytes that need not be UTF-8
  std::vector<float> scores;         // empty or one a token
  std::vector<GgufTokenType> types;  // empty or one a token
  std::vector<std::string> merges;   // "a b", best first
  std::optional<int64_t> bos, eos, unknown, separator, padding, mask, cls;  // ids in `tokens`
  std::optional<bool> add_bos, add_eos, add_separator, add_space_prefix, remove_extra_whitespaces;
  std::optional<bool> lower_case;    // tokenizer.ggml.normalizer.lowercase
  std::string precompiled_charsmap;  // of "t5"
  std::optional<std::string> chat_template;
};

// Nothing where the file has no tokenizer. Throws Error(kBadInput) that names the key: no tokens,
// lists of another length, ids outside, a token type that does not exist.
std::optional<GgufTokenizer> read_gguf_tokenizer(const GgufFile& file);

}  // namespace headscope
