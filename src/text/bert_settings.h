// tokenizer_config.json beside the tokenizer.json of a BERT model: which of the two counts.
#pragma once

#include "text/tokenizer_settings.h"
#include "text/tokenizer_state.h"

namespace headscope {

// Case, accents and ideographs as the settings say, where the class is one of BERT's; a note of
// `state` says where tokenizer.json says the opposite.
void apply_bert_settings(Tokenizer::State& state, const TokenizerSettings& settings);

// Adds a note where the tokenizer.json `json` differs from what transformers 5 builds for a BERT
// class, which it does from the settings and the vocabulary alone. The file counts, as in
// transformers 4. To be called after apply_bert_settings().
void note_parts_unlike_bert(Tokenizer::State& state, const Json& json,
                            const TokenizerSettings& settings);

}  // namespace headscope
