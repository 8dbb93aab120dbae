// A model in a GGUF file as Hugging Face would have it: weights under its names in its orientation,
// config.json's fields, the tokenizer's data.
//
// Quantised weights are another model than the one they came from: what is shown is the attention
// of this file, and `quantisation` says so.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "format/json.h"
#include "io/gguf_tokenizer.h"
#include "io/weight_store.h"

namespace headscope {

struct GgufModel {
  std::string path;  // as given; of a split model the part that was named
  std::unique_ptr<WeightStore> weights;
  Json config;               // as config.json; errors name `path` for it
  std::string name;          // general.name, empty where it says none
  std::string quantisation;  // the tensor type of most weights: "Q4_K"
  std::optional<GgufTokenizer> tokenizer;
};

// Throws Error(kNotFound): no such file; Error(kBadInput), naming the file: damaged (see
// gguf_file.h), an architecture without a table (HS-MODEL-01, with the list), hyperparameters that
// are missing, impossible or not computed with, a tensor that the architecture has no place for,
// a tensor type that cannot be read, a vocabulary of another size than the embeddings.
GgufModel open_gguf(const std::string& path);

// The file's name ends as GGUF files' do.
bool is_gguf_path(const std::string& path);

}  // namespace headscope
