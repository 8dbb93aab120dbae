// list_models(): the models on this machine and those that can be fetched; reads no weights.
#include <algorithm>
#include <filesystem>
#include <set>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/models.h"
#include "io/cache_paths.h"
#include "io/fingerprint_cache.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/known_models.h"
#include "io/ollama.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

int64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

// Bytes of all files in `folder` with this ending.
int64_t bytes_with(const fs::path& folder, const std::string& ending) {
  int64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().ends_with(ending)) total += bytes_of(it->path());
  }
  return total;
}

// The value of the first of `keys` that holds a count.
int64_t count_of(const Json& config, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = config.find(key);
    if (found != config.end() && found->is_number_integer() && *found > 0) return *found;
  }
  return 0;
}

void describe_config(const Json& config, KnownModel& model) {
  const auto type = config.find("model_type");
  if (type != config.end() && type->is_string()) model.family = *type;
  model.layers = count_of(config, {"num_hidden_layers", "n_layer", "num_layers", "n_layers"});
  model.heads = count_of(config, {"num_attention_heads", "n_head", "num_heads", "n_heads"});
}

void describe_gguf(const std::string& path, KnownModel& model) {
  model.kind = "gguf";
  model.bytes = bytes_of(path);
  const GgufModel opened = open_gguf(path);
  describe_config(opened.config, model);
}

void describe_checkpoint(const fs::path& folder, KnownModel& model) {
  std::error_code error;
  const bool safetensors = fs::is_regular_file(folder / "model.safetensors", error) ||
                           fs::is_regular_file(folder / "model.safetensors.index.json", error);
  model.kind = safetensors ? "safetensors" : "pytorch";
  model.bytes = bytes_with(folder, safetensors ? ".safetensors" : ".bin");
  describe_config(parse_json_file((folder / "config.json").string()), model);
  model.fingerprint = cached_fingerprint(folder.string()).value_or("");
}

// Fills in what lies at `path`, a folder or a GGUF file.
void describe(const fs::path& path, const std::string& source, KnownModel& model) {
  model.source = source;
  model.cached = true;
  model.path = path.string();
  try {
    if (is_gguf_file(path)) {
      describe_gguf(path.string(), model);
    } else if (holds_checkpoint(path)) {
      describe_checkpoint(path, model);
    } else {
      model.kind = "gguf";
      model.path = only_gguf(path, model.name)->string();
      describe_gguf(model.path, model);
    }
  } catch (const Error& error) {
    model.problem = error.what();
  }
}

KnownModel describe_name(const std::string& name) {
  KnownModel model;
  model.name = name;
  if (const auto cached = find_cached(name)) {
    const char* other = is_in_lm_studio(*cached) ? "lmstudio" : "cache";
    describe(*cached, is_in_hub(*cached) ? "hub" : other, model);
    return model;
  }
  model.source = "known";
  if (const KnownModelSource* known = find_known(name)) model.bytes = known->download_bytes;
  return model;
}

}  // namespace

std::vector<KnownModel> list_models() {
  std::vector<KnownModel> models;
  for (const KnownModelSource& known : known_models()) models.push_back(describe_name(known.name));
  for (const std::string& name : cached_names()) {
    if (!find_known(name)) models.push_back(describe_name(name));
  }
  for (const std::string& name : ollama_names()) {
    KnownModel model;
    model.name = name;
    try {
      describe(find_ollama_model(name), "ollama", model);
    } catch (const Error& error) {
      model.source = "ollama";
      model.problem = error.what();
    }
    models.push_back(std::move(model));
  }
  return models;
}

std::vector<KnownModel> list_models_in(const std::string& folder) {
  std::error_code error;
  const fs::path here = fs::path(folder) / "";  // with or without a stroke at its end
  if (!fs::is_directory(here, error)) {
    throw Error(ErrorCode::kNotFound, "no folder " + folder, "a folder that holds models", "",
                "HS-MODEL-01");
  }
  std::vector<fs::path> places;
  if (holds_checkpoint(here)) {
    places.push_back(here.parent_path());
  } else {
    for (fs::directory_iterator it(here, error), end; !error && it != end; it.increment(error)) {
      std::error_code none;
      if (it->is_directory(none) && holds_model(it->path())) places.push_back(it->path());
    }
    for (const fs::path& file : gguf_files(here)) places.push_back(file);
    std::sort(places.begin(), places.end());
  }
  std::vector<KnownModel> models;
  for (const fs::path& place : places) {
    KnownModel model;
    model.name = fs::absolute(place).filename().string();
    describe(place, "folder", model);
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace headscope
