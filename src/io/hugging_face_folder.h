// Writes a model as a Hugging Face directory: config.json, vocab.txt, tokenizer_config.json and
// model.safetensors, which other programs read too.
#pragma once

#include <map>
#include <string>

#include "format/json.h"
#include "headscope/run_control.h"
#include "io/weight_store.h"

namespace headscope {

struct HuggingFaceFiles {
  Json config;
  std::string vocabulary;  // the content of vocab.txt
  bool lower_case = true;
  // Into the safetensors header, beside the "format" that the transformers library asks for.
  std::map<std::string, std::string> metadata;
};

// Into `directory`, which exists and is not yet to be found by others. One tensor in memory at a
// time; every tensor is float32. Progress in bytes of weights.
void write_hugging_face_folder(const std::string& directory, const WeightStore& weights,
                               const HuggingFaceFiles& files, const RunControl& control = {});

}  // namespace headscope
