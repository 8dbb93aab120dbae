#include "io/hugging_face_folder.h"

#include "format/atomic_file.h"
#include "format/safetensors_writer.h"

namespace headscope {
namespace {

void write_weights(const std::string& path, const WeightStore& weights,
                   const std::map<std::string, std::string>& metadata, const RunControl& control) {
  std::vector<TensorDeclaration> tensors;
  int64_t total = 0;
  for (const std::string& name : weights.names()) {
    tensors.push_back({name, DType::kF32, *weights.shape(name)});
    total += weights.float_bytes(name);
  }
  SafetensorsWriter writer(path, std::move(tensors), metadata);
  int64_t done = 0;
  for (const TensorDeclaration& tensor : writer.order()) {
    control.cancel.check();
    const int64_t bytes = weights.float_bytes(tensor.name);
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
