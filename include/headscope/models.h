// Where models are: directories, GGUF files, the Hugging Face cache, headscope's own cache,
// Ollama's folders; and fetching one.
//
// An existing directory beats a name. For a name, the Hugging Face cache is looked at first
// (models--NAME and models--google-bert--NAME under HF_HUB_CACHE, HF_HOME/hub or the default), then
// ${HEADSCOPE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/headscope}/models/NAME/. "ORG/NAME@REVISION" and
// "ORG/NAME:FILE.gguf" mean the Hugging Face cache, "ollama:NAME[:TAG]" what Ollama has fetched. A
// folder that holds one GGUF file and no other weights means that file. Only pull_model() fetches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "headscope/run_control.h"

namespace headscope {

// The directory of a model, or its GGUF file. Throws Error(kNotFound, "HS-MODEL-01") with the
// nearest known names, the places looked at and `headscope pull NAME`; Error(kUsage) where a folder
// holds several GGUF files, with the list; Error(kBadInput) for a path that is neither.
std::string find_model(const std::string& name_or_path);

struct KnownModel {
  std::string name;         // "bert-base-uncased"
  std::string source;       // known (not here yet), cache (ours), hub, lmstudio, ollama, folder
  std::string kind;         // safetensors, pytorch, gguf; empty where it is not here
  std::string family;       // config.json's model_type, a GGUF file's architecture; may be empty
  int64_t layers = 0;       // 0: not known
  int64_t heads = 0;        // in a layer; 0: not known
  int64_t bytes = 0;        // of the weight files; of the download where it is not here
  bool cached = false;      // find_model() would find it
  std::string path;         // empty where it is not cached
  std::string problem;      // why it cannot be read; empty where it can
  std::string fingerprint;  // empty where it is not known without reading the weights
};
// The models that pull_model() knows, then others found in the caches; by name within each. Reads
// configurations and the heads of GGUF files, no weights.
std::vector<KnownModel> list_models();

// Models in a folder that the user names, by name, their source "folder": the folder itself where
// it is a model, else those of its subfolders that are and the GGUF files in it. Reads what
// list_models() reads. Throws Error(kNotFound) where there is no such folder.
std::vector<KnownModel> list_models_in(const std::string& folder);

struct PulledModel {
  std::string name, path, source, fingerprint;
};
// Fetches a model by name into headscope's cache as a Hugging Face directory, atomically: nothing
// half-fetched is ever found by find_model(). Already there: answers at once. Progress in bytes;
// `say` gets one line a step. Throws Error(kNotFound): unknown name (nearest names, sources tried),
// source not reachable; Error(kBadInput): what came is damaged.
PulledModel pull_model(const std::string& name, const RunControl& control = {},
                       const std::function<void(const std::string&)>& say = {});

// The fingerprint of a model directory (docs/formats.md). Read from headscope's cache where it is
// known for these files (by path, size and time), else computed and kept there; never written into
// the directory. Progress in bytes.
std::string model_fingerprint(const std::string& directory, const RunControl& control = {});

}  // namespace headscope
