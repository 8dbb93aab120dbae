#include "io/weight_store.h"

#include <algorithm>
#include <filesystem>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/stores.h"

namespace headscope {

namespace {

std::string listing(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (size_t i = 0; i < names.size() && i < 8; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > 8) text += ", …";
  return names.empty() ? "nothing" : text;
}

}  // namespace

std::string WeightStore::place(std::string_view name) const {
  return std::string(source()).append(": ").append(name);
}

int64_t WeightStore::float_bytes(std::string_view name) const {
  const std::vector<int64_t>* extents = shape(name);
  // A reader counted the shape when it opened the file.
  return extents ? checked_bytes(*extents, sizeof(float)).value_or(0) : 0;
}

std::unique_ptr<WeightStore> open_weights(const std::string& directory) {
  if (is_gguf_file(directory)) return open_gguf(directory).weights;
  if (auto store = open_safetensors(directory)) return store;
  if (auto store = open_pytorch(directory)) return store;
  if (auto store = open_tensorflow(directory)) return store;
  throw Error(ErrorCode::kBadInput, "no weights in " + directory + "; found " + listing(directory),
              "config.json, vocab.txt and model.safetensors (or pytorch_model.bin, or a TensorFlow "
              "checkpoint)",
              "Choose another folder, or run `headscope pull bert-base-uncased`", "HS-MODEL-01");
}

}  // namespace headscope
