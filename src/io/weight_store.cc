#include "io/weight_store.h"

#include <algorithm>
#include <filesystem>

#include "format/checked_shape.h"
#include "format/json.h"
#include "headscope/error.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/stores.h"

namespace headscope {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string listing(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 8; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > 8) text += ", …";
  return names.empty() ? "nothing" : text;
}

// "llama" of config.json; empty where it does not say.
std::string model_type_in(const std::string& directory) {
  const fs::path path = fs::path(directory) / "config.json";
  if (!fs::is_regular_file(path)) return {};
  const Json config = parse_json_file(path.string());
  return config.is_object() && config.contains("model_type") && config["model_type"].is_string()
             ? config["model_type"].get<std::string>()
             : std::string();
}

// The advice for weights in a format that is not read, and for a folder without a model.
std::string way_out(const std::string& directory, const std::vector<std::string>& names) {
  if (fs::exists(fs::path(directory) / "adapter_config.json")) {
    return "This is an adapter: merge it into its base model, or open the base model";
  }
  struct Form {
    const char *ending, *what;
  };
  constexpr Form kForms[] = {{".onnx", "ONNX"},        {".h5", "Keras"},
                             {".msgpack", "Flax"},     {".ckpt", "PyTorch Lightning"},
                             {".pth", "PyTorch .pth"}, {".mlmodel", "Core ML"},
                             {".ot", "rust-bert"},     {".npz", "MLX"}};
  for (const std::string& name : names) {
    for (const Form& form : kForms) {
      if (!name.ends_with(form.ending)) continue;
      return name + " is of the form " + std::string(form.what) +
             ", which is not read: take the model's safetensors or pytorch_model.bin";
    }
  }
  for (const std::string& name : names) {
    const fs::path inside = fs::path(directory) / name;
    if (fs::exists(inside / "config.json"))
      return "Its folder " + name + " is one: -m " + inside.string();
  }
  return "Choose another folder, or run `headscope pull bert-base-uncased`";
}

[[noreturn]] void refuse_folder(const std::string& directory) {
  const std::vector<std::string> names = names_in(directory);
  const std::string type = model_type_in(directory);
  throw Error(ErrorCode::kBadInput,
              "no weights" + (type.empty() ? "" : " of the " + type + " model") + " in " +
                  directory + "; found " + listing(names),
              "config.json, a tokenizer and model.safetensors (or pytorch_model.bin, their shards, "
              "a TensorFlow checkpoint), or one GGUF file",
              way_out(directory, names), "HS-MODEL-01");
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

void WeightStore::rows(std::string_view name, int64_t begin, int64_t count, float* out) const {
  const float* all = data(name);  // throws where there is none
  const int64_t columns = shape(name)->back();
  std::copy_n(all + begin * columns, count * columns, out);
}

std::unique_ptr<WeightStore> open_weights(const std::string& directory) {
  if (is_gguf_file(directory)) return open_gguf(directory).weights;
  if (auto store = open_safetensors(directory)) return store;
  if (auto store = open_pytorch(directory)) return store;
  if (auto store = open_tensorflow(directory)) return store;
  refuse_folder(directory);
}

}  // namespace headscope
