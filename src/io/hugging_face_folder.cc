#include "io/hugging_face_folder.h"

#include "format/atomic_file.h"
#include "format/checked_shape.h"
#include "format/safetensors_writer.h"
#include "headscope/error.h"

namespace headscope {
namespace {

int64_t float_bytes(const WeightStore& weights, const std::string& name) {
  // A store's shapes were counted when it was opened.
  return checked_bytes(*weights.shape(name), sizeof(float)).value_or(0);
}

void write_weights(const std::string& path, const WeightStore& weights,
                   const std::map<std::string, std::string>& metadata, const RunControl& control) {
  std::vector<TensorDeclaration> tensors;
  int64_t total = 0;
  for (const std::string& name : weights.names()) {
    tensors.push_back({name, DType::kF32, *weights.shape(name)});
    total += float_bytes(weights, name);
  }
  SafetensorsWriter writer(path, std::move(tensors), metadata);
  int64_t done = 0;
  for (const TensorDeclaration& tensor : writer.order()) {
    control.cancel.check();
    const int64_t bytes = float_bytes(weights, tensor.name);
    writer.write_next(weights.data(tensor.name), static_cast<size_t>(bytes));
    weights.drop_pages(tensor.name);
    control.report(done += bytes, total);
  }
  writer.commit();
}

}  // namespace

void write_hugging_face_folder(const std::string& directory, const WeightStore& weights,
                               const HuggingFaceFiles& files, const RunControl& control) {
  auto metadata = files.metadata;
  metadata["format"] = "pt";
  write_weights(directory + "/model.safetensors", weights, metadata, control);
  const int64_t positions = int_field(files.config, "max_position_embeddings", "config.json");
  const Json tokenizer = {{"do_lower_case", files.lower_case},
                          {"model_max_length", positions},
                          {"tokenizer_class", "BertTokenizer"}};
  write_file_atomically(directory + "/vocab.txt", files.vocabulary);
  write_file_atomically(directory + "/tokenizer_config.json", dump_json(tokenizer, 2) + "\n");
  write_file_atomically(directory + "/config.json", dump_json(files.config, 2) + "\n");
}

}  // namespace headscope
