// tokenizer_config.json of a causal model: a blank before a text, and the tokens that begin and end
// it.
#pragma once

#include "text/tokenizer_settings.h"
#include "text/tokenizer_state.h"

namespace headscope {

// add_prefix_space, where transformers 4 and 5 let it count beside a tokenizer.json: GPT-2's and
// RoBERTa's classes (in a ByteLevel pre-tokenizer), Llama's (false: no blank). Returns a note where
// tokenizer.json said the opposite.
std::string apply_prefix_space(Json& json, const TokenizerSettings& settings);

// add_bos_token and add_eos_token, where either is there: of models without a tokenizer.json, whose
// own template counts in transformers 5. To be called once the special tokens have their ids.
void apply_begin_and_end(Tokenizer::State& state, const TokenizerSettings& settings);

}  // namespace headscope
