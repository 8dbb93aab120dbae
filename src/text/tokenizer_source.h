// Where a model's tokenizer is read from: its own files, or those that a user names instead.
#pragma once

#include <optional>
#include <string>

#include "headscope/tokenizer.h"
#include "io/model_source.h"

namespace headscope {

// `given`: a folder, a GGUF file, or one file of a tokenizer, read in the place of the model's own;
// empty: the model's. Without max_positions the model's configuration says the limit. Throws as
// Tokenizer::open does; Error(kNotFound): no such file; Error(kBadInput, HS-TOKENIZER-01): `given`
// names other tokens than a GGUF model does.
Tokenizer open_tokenizer_of(const ModelSource& model, const std::string& given,
                            std::optional<int64_t> max_positions, bool target = false);

}  // namespace headscope
