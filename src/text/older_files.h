// The tokenizer of a model's files: tokenizer.json, or what stood before it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer_settings.h"
#include "text/tokenizer_state.h"

namespace headscope {

// BERT's, from the content of a vocab.txt alone.
std::unique_ptr<Tokenizer::State> wordpiece_tokenizer(std::string_view vocab,
                                                      TokenizerConfig config,
                                                      const std::string& source);

// Everything a folder says. Throws as Tokenizer::open does.
std::unique_ptr<Tokenizer::State> open_tokenizer(const TokenizerFiles& files,
                                                 const TokenizerOptions& options);

// vocab.json and merges.txt: byte-level BPE of GPT-2, RoBERTa, BART, OPT, Qwen2.
std::unique_ptr<Tokenizer::State> read_byte_level(const std::string& vocab,
                                                  const std::string& merges,
                                                  const TokenizerSettings& settings,
                                                  const std::string& folder);

}  // namespace headscope
