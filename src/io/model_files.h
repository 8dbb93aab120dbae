// The files of a model directory beside its weights, whatever layout it has: Hugging Face's
// (config.json, vocab.txt, tokenizer_config.json), Google's (bert_config.json, vocab.txt) or a
// SavedModel's (assets/vocab.txt and no configuration at all).
#pragma once

#include <optional>
#include <string>

#include "format/json.h"
#include "io/weight_store.h"

namespace headscope {

struct ModelConfigFile {
  Json config;         // as Hugging Face spells it
  std::string source;  // the file it comes from, named in errors
};

// config.json as it stands, or what a GGUF file says as one. Otherwise BERT's configuration, sizes
// from the shapes of `weights` (opened where null), and whatever bert_config.json says. Without one
// the heads are 64 wide, as in every BERT that Google published. Throws Error(kBadInput)
// (HS-MODEL-01): no configuration to be had, no JSON object, tensors missing whose shapes are
// needed.
ModelConfigFile read_model_config(const std::string& directory,
                                  const WeightStore* weights = nullptr);

// vocab.txt or assets/vocab.txt. Throws Error(kBadInput) (HS-MODEL-01) where there is none.
std::string vocabulary_path(const std::string& directory);

// Whether texts are lower-cased, where no tokenizer_config.json says it: what a SavedModel's
// assets/model.json says, else mostly_lower_case().
bool vocabulary_is_lower_case(const std::string& directory, std::string_view vocabulary);
// Whether at most one word in fifty of the lines begins with a capital.
bool mostly_lower_case(std::string_view vocabulary);

}  // namespace headscope
