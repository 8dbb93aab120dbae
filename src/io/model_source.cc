#include "io/model_source.h"

#include <filesystem>

#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/model_files.h"

namespace headscope {
namespace fs = std::filesystem;

std::string ModelSource::name() const {
  const fs::path path = fs::absolute(path_).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

const GgufModel* ModelSource::gguf() const {
  if (!gguf_ && is_gguf_file(path_)) {
    auto opened = std::make_shared<GgufModel>(open_gguf(path_));
    weights_ = std::move(opened->weights);
    gguf_ = std::move(opened);
  }
  return gguf_.get();
}

const std::shared_ptr<const WeightStore>& ModelSource::weights() const {
  if (!weights_ && !gguf()) weights_ = open_weights(path_);
  return weights_;
}

const ModelConfigFile& ModelSource::config() const {
  if (config_) return *config_;
  if (const GgufModel* model = gguf()) {
    config_ = std::make_shared<ModelConfigFile>(ModelConfigFile{model->config, path_});
  } else {
    // A directory without a configuration is told by the shapes of its weights.
    const bool written = fs::exists(fs::path(path_) / "config.json");
    config_ = std::make_shared<ModelConfigFile>(
        read_model_config(path_, written ? nullptr : weights().get()));
  }
  return *config_;
}

std::string ModelSource::kind() const {
  if (gguf()) return "gguf";
  const std::string& file = weights()->source();
  const auto has = [&](const char* part) { return file.find(part) != std::string::npos; };
  if (has(".safetensors")) return "safetensors";
  return has("pytorch_model.bin") ? "pytorch" : "tensorflow";
}

std::string ModelSource::quantisation() const {
  if (!gguf()) return {};
  const std::string& type = gguf()->quantisation;
  return type == "F32" || type == "F16" || type == "BF16" ? std::string() : type;
}

std::optional<std::string> ModelSource::find_file(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    const fs::path file = fs::path(path_) / name;
    std::error_code error;
    if (fs::is_regular_file(file, error)) return file.string();
  }
  return std::nullopt;
}

}  // namespace headscope
