// Marian's tokenizer: sentencepiece cuts, vocab.json numbers the pieces.
#pragma once

#include <memory>

#include "text/sentencepiece.h"

namespace headscope {

// source.spm and vocab.json of the folder.
std::unique_ptr<Tokenizer::State> open_marian(const TokenizerFiles& files,
                                              const TokenizerSettings& settings);

}  // namespace headscope
