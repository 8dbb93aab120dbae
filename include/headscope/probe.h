// The probe text of the induction and duplicate scores: random words, repeated. On it a head that
// continues a repetition, or finds a word's earlier self, shows without help from meaning or habit
// (Olsson et al. 2022, In-context Learning and Induction Heads).
#pragma once

#include <optional>

#include "headscope/model.h"

namespace headscope {

// 25 random whole words of the vocabulary (content words; a fixed seed), repeated 4 times, as one
// text. Fewer words where the model has fewer positions; nullopt where the vocabulary or the model
// is too small for 5.
std::optional<TokenSequence> probe_text(const Tokenizer& tokenizer);
// That of a model's tokenizer; nullopt without one, and for an encoder–decoder model: the probe is
// one text. Of a causal model: words with their leading blank and nothing else, no begin token,
// each a word of its own.
std::optional<TokenSequence> probe_text(Model& model);

}  // namespace headscope
