#include "figure/neuron_numbers.h"

#include "figure/command.h"
#include "figure/neuron_parts.h"
#include "format/json.h"
#include "headscope/output.h"
#include "headscope/safetensors.h"

namespace headscope {

Numbers neuron_numbers(const AttentionSource& source, const ViewState& state,
                       NumbersFormat format) {
  const NeuronParts parts = neuron_parts(source, state);
  const TraceInfo& info = source.info();
  const std::vector<std::string>& tokens = info.tokens(parts.head.stack, Side::kKey).tokens;
  const size_t keys = parts.weights.size(), dim = parts.query.size();
  const std::string name =
      "headscope-" + to_string(parts.head.id) + "-q" + std::to_string(parts.row) + "-neuron";
  std::vector<float> products(keys * dim);
  for (size_t i = 0; i < products.size(); ++i) {
    products[i] = parts.query[i % dim] * parts.key[i];
  }
  const auto rows = static_cast<int64_t>(keys), width = static_cast<int64_t>(dim);
  if (format == NumbersFormat::kNpy)
    return {write_npy(products, {rows, width}), rows, name + ".npy"};
  if (format == NumbersFormat::kSafetensors) {
    const std::vector<TensorToWrite> tensors = {
        {"query", DType::kF32, {width}, parts.query.data()},
        {"key", DType::kF32, {rows, width}, parts.key.data()},
        {"product", DType::kF32, {rows, width}, products.data()},
        {"score", DType::kF32, {rows}, parts.scores.data()},
        {"weight", DType::kF32, {rows}, parts.weights.data()}};
    return {write_safetensors(tensors, {{"format", "headscope-numbers"},
                                        {"head", head_name(info.stacks, parts.head)},
                                        {"query_index", std::to_string(parts.row)},
                                        {"keys", dump_json(Json(tokens))},
                                        {"state", to_link(complete_state(info, state))}}),
            rows, name + ".safetensors"};
  }
  std::vector<std::string> fields = {"key_index", "key", "score", "weight"};
  for (const char* column : {"k", "product"}) {
    for (size_t d = 0; d < dim; ++d) fields.push_back(std::string(column) + std::to_string(d));
  }
  std::string csv = csv_row(fields);
  for (size_t j = 0; j < keys; ++j) {
    fields = {std::to_string(j), tokens[j], csv_number(parts.scores[j]),
              csv_number(parts.weights[j])};
    for (size_t d = 0; d < dim; ++d) fields.push_back(csv_number(parts.key[j * dim + d]));
    for (size_t d = 0; d < dim; ++d) fields.push_back(csv_number(products[j * dim + d]));
    csv += csv_row(fields);
  }
  return {csv, rows, name + ".csv"};
}

}  // namespace headscope
