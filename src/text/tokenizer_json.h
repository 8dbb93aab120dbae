// tokenizer.json, the format of the reference (Hugging Face tokenizers).
#pragma once

#include <memory>
#include <string>

#include "text/tokenizer_state.h"

namespace headscope {

// The tokenizer that the file describes, without what stands beside it (names of special tokens,
// limits). Throws Error(kBadInput) naming `source`: no such file, a part that headscope does not
// know (HS-TOKENIZER-01).
std::unique_ptr<Tokenizer::State> read_tokenizer_json(const std::string& text,
                                                      const std::string& source);

// The same of a document that is parsed.
std::unique_ptr<Tokenizer::State> tokenizer_of(const Json& json, const std::string& source);
// {"content": …, "lstrip": …, …}; id −1.
AddedToken read_added_token(const Json& json, const std::string& source);
// Throws Error(kBadInput) where one of the tokens is none of the vocabulary's. `prefix`: bytes that
// `right` loses.
void add_merge(BpeModel::Merges& merges, const Vocabulary& vocabulary, const std::string& left,
               const std::string& right, size_t prefix, int32_t rank, const std::string& source);

}  // namespace headscope
