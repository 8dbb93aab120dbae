// ModelSource: what a model is read from, a directory or a GGUF file. It gives the weights by name,
// the configuration, and the files beside them; each is opened once, at first need.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "io/weight_store.h"

namespace headscope {

struct GgufModel;
struct ModelConfigFile;

class ModelSource {
 public:
  // Opens nothing yet.
  explicit ModelSource(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // The last component of the path.
  std::string name() const;

  // What the GGUF file holds, its weights apart; null where the model is none.
  const GgufModel* gguf() const;
  // Throws Error(kBadInput, HS-MODEL-01) where there are none. Not thread-safe.
  const std::shared_ptr<const WeightStore>& weights() const;
  const ModelConfigFile& config() const;
  // The kind of file that the weights are in: safetensors, pytorch, tensorflow or gguf.
  std::string kind() const;
  // The tensor type of most weights, as "Q4_K"; empty where they are floating-point numbers.
  std::string quantisation() const;
  // The path of the first of these files that is there.
  std::optional<std::string> find_file(std::initializer_list<const char*> names) const;

 private:
  std::string path_;
  mutable std::shared_ptr<const GgufModel> gguf_;
  mutable std::shared_ptr<const WeightStore> weights_;
  mutable std::shared_ptr<const ModelConfigFile> config_;
};

}  // namespace headscope
