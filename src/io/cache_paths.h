// Where things are kept: headscope's cache, Hugging Face's and LM Studio's, as the environment
// says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace headscope {

// ${HEADSCOPE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/headscope}
std::filesystem::path cache_root();
// $HOME, or the user's own.
std::filesystem::path home_folder();
// cache_root()/models
std::filesystem::path own_models();
// ${HF_HUB_CACHE:-${HF_HOME:-${XDG_CACHE_HOME:-~/.cache}/huggingface}/hub}
std::filesystem::path hugging_face_hub();
// Whether `path` lies in there.
bool is_in_hub(const std::filesystem::path& path);
// LM Studio's models, as OWNER/NAME/FILE.gguf: in the home that ~/.lmstudio-home-pointer names, in
// ~/.lmstudio, or in ~/.cache/lm-studio, where older versions have them.
std::filesystem::path lm_studio_models();
bool is_in_lm_studio(const std::filesystem::path& path);

// A name that can be a model's: letters, digits, "-", "_", ".", and one "/" between owner and name;
// no part begins with a dot. Nothing else is ever joined to a cache's path.
bool is_model_name(const std::string& name);
// Without Google's own prefix: "google-bert/bert-base-uncased" is bert-base-uncased.
std::string plain_model_name(const std::string& name);

// A directory that holds config.json and weights in safetensors or PyTorch files.
bool holds_checkpoint(const std::filesystem::path& directory);
// That, or GGUF files.
bool holds_model(const std::filesystem::path& directory);
// Where the Hugging Face cache has, or would have, the model `name`, which is_model_name().
std::filesystem::path folder_in_hub(const std::string& name);
// The snapshots of HUB/FOLDER that hold a model, sorted.
std::vector<std::filesystem::path> hugging_face_snapshots(const std::filesystem::path& hub,
                                                          const std::string& folder);
// Those of the model `name` in the Hugging Face cache.
std::vector<std::filesystem::path> snapshots_of(const std::string& name);
// The snapshot that refs/main of HUB/FOLDER names, if it holds a model; without such a reference
// the only one that there is.
std::optional<std::filesystem::path> hugging_face_snapshot(const std::filesystem::path& hub,
                                                           const std::string& folder);

// The snapshot of "ORG/NAME@REVISION", a branch, a tag or a commit, in the Hugging Face cache;
// nothing where the name has no @ or there is none.
std::optional<std::filesystem::path> find_revision(const std::string& name);

// A model of that name in a cache, not in a directory of that name: Hugging Face's first, then our
// own, then LM Studio's.
std::optional<std::filesystem::path> find_cached(const std::string& name);
// The names of all models in the caches, sorted, each once.
std::vector<std::string> cached_names();

}  // namespace headscope
