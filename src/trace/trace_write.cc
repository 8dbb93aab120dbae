#include <algorithm>
#include <span>

#include "format/safetensors_writer.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "trace/trace_json.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

// A tensor of the file: its layers lie apart in memory and together in the file.
struct Piece {
  TensorDeclaration declaration;
  std::vector<std::span<const float>> parts;
};

std::vector<int64_t> with_front(int64_t extent, std::vector<int64_t> shape) {
  shape.insert(shape.begin(), extent);
  return shape;
}

// A field that some kept layers have and some lack cannot be written.
bool has_field(const LayerField& field, const std::vector<LayerArrays>& layers) {
  const auto present = std::count_if(layers.begin(), layers.end(), [&](const LayerArrays& layer) {
    return !(layer.*field.values).empty();
  });
  if (present > 0 && present < static_cast<int64_t>(layers.size())) {
    throw Error(ErrorCode::kBadInput,
                "trace: " + field.name + " in " + std::to_string(present) + " of " +
                    std::to_string(layers.size()) + " layers",
                "in all of them or in none");
  }
  return present > 0;
}

void add_layers(const TraceInfo& info, int s, const StackArrays& arrays,
                std::vector<Piece>& pieces) {
  const StackInfo& stack = info.stacks[s];
  for (const LayerField& field : layer_fields()) {
    if (!has_field(field, arrays.layers)) continue;
    const std::string name = stack_prefix(info, s) + field.name;
    if (uniform_layers(stack)) {
      Piece piece{{name, DType::kF32,
                   with_front(static_cast<int64_t>(stack.layers.size()), field.shape(info, s, 0))},
                  {}};
      for (const LayerArrays& layer : arrays.layers) piece.parts.emplace_back(layer.*field.values);
      pieces.push_back(std::move(piece));
      continue;
    }
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      pieces.push_back(
          {{name + "." + std::to_string(stack.layers[l]), DType::kF32, field.shape(info, s, l)},
           {std::span<const float>(arrays.layers[l].*field.values)}});
    }
  }
}

void add_bias(const TraceInfo& info, int s, const StackArrays& arrays, std::vector<Piece>& pieces) {
  if (arrays.bias.empty()) return;
  const StackInfo& stack = info.stacks[s];
  const std::string name = stack_prefix(info, s) + "bias";
  const auto one = bias_shape(info, s);
  const int64_t span = bias_span(info, s);
  if (uniform_layers(stack)) {
    const int64_t layers = static_cast<int64_t>(arrays.bias.size()) / (stack.heads.front() * span);
    pieces.push_back({{name, DType::kF32, with_front(layers, with_front(stack.heads.front(), one))},
                      {std::span<const float>(arrays.bias)}});
    return;
  }
  std::span<const float> rest(arrays.bias);
  for (size_t l = 0; l < stack.layers.size() && !rest.empty(); ++l) {
    const auto count = static_cast<size_t>(stack.heads[l] * span);
    pieces.push_back({{name + "." + std::to_string(stack.layers[l]), DType::kF32,
                       with_front(stack.heads[l], one)},
                      {rest.first(count)}});
    rest = rest.subspan(count);
  }
}

void add_extras(const Trace& trace, std::vector<Piece>& pieces) {
  const int64_t n = trace.info().query.size();
  if (!trace.hidden.empty()) {
    const StackInfo& first = trace.info().stacks.front();
    const int64_t width =
        trace.hidden_width > 0 ? trace.hidden_width : first.heads.front() * first.head_dim;
    const int64_t layers = static_cast<int64_t>(trace.hidden.size()) / (n * width);
    if (layers * n * width != static_cast<int64_t>(trace.hidden.size())) {
      throw Error(
          ErrorCode::kBadInput,
          "trace: hidden has " + std::to_string(trace.hidden.size()) + " values",
          "a multiple of " + std::to_string(n) + " tokens x width " + std::to_string(width));
    }
    pieces.push_back(
        {{"hidden", DType::kF32, {layers, n, width}}, {std::span<const float>(trace.hidden)}});
  }
  if (trace.contribution.empty()) return;
  if (static_cast<int64_t>(trace.contribution.size()) != n * n) {
    throw Error(ErrorCode::kBadInput,
                "trace: contribution has " + std::to_string(trace.contribution.size()) + " values",
                std::to_string(n) + " x " + std::to_string(n));
  }
  pieces.push_back(
      {{"contribution", DType::kF32, {n, n}}, {std::span<const float>(trace.contribution)}});
}

std::vector<Piece> pieces_of(const Trace& trace) {
  std::vector<Piece> pieces;
  for (size_t k = 0; k < trace.arrays().size(); ++k) {
    const auto s = static_cast<int>(k);
    const StackArrays& arrays = trace.arrays()[k];
    add_layers(trace.info(), s, arrays, pieces);
    add_bias(trace.info(), s, arrays, pieces);
    if (!arrays.mask.empty()) {
      pieces.push_back({{stack_prefix(trace.info(), s) + "mask",
                         DType::kF32,
                         {trace.info().query_tokens(s).size(), trace.info().key_tokens(s).size()}},
                        {std::span<const float>(arrays.mask)}});
    }
  }
  add_extras(trace, pieces);
  return pieces;
}

std::map<std::string, std::string> metadata_of(const Trace& trace) {
  auto metadata = trace.other_metadata;
  Json json = trace_info_to_json(trace.info());
  if (!trace.read_metadata.empty()) {
    json = overlay(parse_json(trace.read_metadata, "trace"), json);
  }
  metadata["format"] = kTraceFormat;
  metadata["format_version"] = std::to_string(kTraceVersion);
  metadata["trace"] = dump_json(json);
  return metadata;
}

std::vector<TensorDeclaration> declarations(const std::vector<Piece>& pieces) {
  std::vector<TensorDeclaration> result;
  result.reserve(pieces.size());
  for (const Piece& piece : pieces) result.push_back(piece.declaration);
  return result;
}

}  // namespace

// All tensors are float32, so a safetensors file keeps them in the order they are declared in.
void write_trace(const std::string& path, const Trace& trace) {
  const auto pieces = pieces_of(trace);
  SafetensorsWriter writer(path, declarations(pieces), metadata_of(trace));
  for (const Piece& piece : pieces) {
    if (piece.parts.size() == 1) {
      writer.write_next(piece.parts[0].data(), piece.parts[0].size_bytes());
      continue;
    }
    std::vector<float> joined;
    for (const auto part : piece.parts) joined.insert(joined.end(), part.begin(), part.end());
    writer.write_next(joined.data(), joined.size() * sizeof(float));
  }
  writer.commit();
}

std::string serialize_trace(const Trace& trace) {
  const auto pieces = pieces_of(trace);
  std::string bytes = safetensors_header(declarations(pieces), metadata_of(trace));
  bytes.reserve(bytes.size() + static_cast<size_t>(trace.bytes()));
  for (const Piece& piece : pieces) {
    for (const auto part : piece.parts) {
      bytes.append(reinterpret_cast<const char*>(part.data()), part.size_bytes());
    }
  }
  return bytes;
}

}  // namespace headscope
