#include <algorithm>
#include <span>

#include "format/checked_shape.h"
#include "format/json.h"
#include "format/safetensors_writer.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

// A tensor of the file: in format 1 its layers lie apart in memory and together in the file.
struct Piece {
  TensorDeclaration declaration;
  std::vector<Array> parts;
};

void add(std::vector<Piece>& pieces, std::string name, const Array& array) {
  pieces.push_back({{std::move(name), array.dtype(), array.shape()}, {array}});
}

bool shared_elsewhere(const LayerField& field, const LayerInfo& layer) {
  return (field.array == &LayerArrays::mask && layer.mask_of) ||
         (field.array == &LayerArrays::bias && layer.bias_of);
}

void add_layers(const TraceInfo& info, int s, const StackArrays& arrays,
                std::vector<Piece>& pieces) {
  const StackInfo& stack = info.stacks[static_cast<size_t>(s)];
  for (const LayerField& field : layer_fields()) {
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const Array& array = arrays[l].*field.array;
      if (array.empty() || shared_elsewhere(field, stack.layers[l])) continue;
      add(pieces, stack_prefix(info, s) + field.name + "." + std::to_string(stack.layers[l].layer),
          array);
    }
  }
}

// All layers have the same heads: format 1 stacks their arrays in one tensor [L, …].
bool uniform(const StackInfo& stack) {
  return std::all_of(stack.layers.begin(), stack.layers.end(), [&](const LayerInfo& layer) {
    return layer.heads == stack.layers.front().heads &&
           layer.kv_heads == stack.layers.front().kv_heads;
  });
}

// A field that some kept layers have and some lack cannot be written in format 1.
bool has_field(const LayerField& field, const StackArrays& layers) {
  const auto present = std::count_if(layers.begin(), layers.end(), [&](const LayerArrays& layer) {
    return !(layer.*field.array).empty();
  });
  if (present > 0 && present < static_cast<int64_t>(layers.size())) {
    throw Error(ErrorCode::kUsage,
                std::string("format 1 cannot say that ") + field.name + " is in " +
                    std::to_string(present) + " of " + std::to_string(layers.size()) + " layers",
                "format 2", "Leave out --format 1");
  }
  return present > 0;
}

void add_stack_1(const TraceInfo& info, int s, const StackArrays& arrays,
                 std::vector<Piece>& pieces) {
  const StackInfo& stack = info.stacks[static_cast<size_t>(s)];
  for (const LayerField& field : layer_fields()) {
    if (!has_field(field, arrays)) continue;
    const std::string name = stack_prefix(info, s) + field.name;
    if (field.array == &LayerArrays::mask) {
      add(pieces, name, arrays.front().mask);
      continue;
    }
    if (!uniform(stack)) {
      for (size_t l = 0; l < stack.layers.size(); ++l) {
        add(pieces, name + "." + std::to_string(stack.layers[l].layer), arrays[l].*field.array);
      }
      continue;
    }
    Piece piece;
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const Array& array = arrays[l].*field.array;
      if (!shared_elsewhere(field, stack.layers[l])) piece.parts.push_back(array);
    }
    const bool one_for_all = piece.parts.size() == 1;
    if (!one_for_all && piece.parts.size() != stack.layers.size()) {
      throw Error(ErrorCode::kUsage, "format 1 cannot say that some layers share their bias",
                  "format 2", "Leave out --format 1");
    }
    std::vector<int64_t> shape = piece.parts.front().shape();
    shape.insert(shape.begin(), static_cast<int64_t>(piece.parts.size()));
    piece.declaration = {name, piece.parts.front().dtype(), std::move(shape)};
    for (const Array& part : piece.parts) {
      if (part.dtype() == piece.declaration.dtype) continue;
      throw Error(ErrorCode::kUsage, "format 1 cannot say that " + name + " has several dtypes",
                  "format 2", "Leave out --format 1");
    }
    pieces.push_back(std::move(piece));
  }
}

void add_extras(const Trace& trace, int format, std::vector<Piece>& pieces) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  for (size_t i = 0; i < trace.hidden.size(); ++i) {
    const std::vector<int64_t>& shape = trace.hidden[i].shape();
    if (shape.size() != 2 || shape[0] != n || shape != trace.hidden.front().shape() ||
        trace.hidden[i].dtype() != DType::kF32) {
      throw Error(ErrorCode::kBadInput,
                  "trace: hidden." + std::to_string(i) + " of shape " + shape_text(shape),
                  "F32 [" + std::to_string(n) + ", D]");
    }
    if (format > 1) add(pieces, "hidden." + std::to_string(i), trace.hidden[i]);
  }
  if (format == 1 && !trace.hidden.empty()) {
    pieces.push_back(
        {{"hidden",
          DType::kF32,
          {static_cast<int64_t>(trace.hidden.size()), n, trace.hidden.front().shape()[1]}},
         trace.hidden});
  }
  if (!trace.contribution_of_words.empty()) {
    if (trace.contribution_of_words.shape() != std::vector<int64_t>{n, n}) {
      throw Error(ErrorCode::kBadInput,
                  "trace: contribution of shape " + shape_text(trace.contribution_of_words.shape()),
                  shape_text(std::vector<int64_t>{n, n}));
    }
    add(pieces, "contribution", trace.contribution_of_words);
  }
  if (trace.image.empty()) return;
  if (format == 1) {
    throw Error(ErrorCode::kUsage, "format 1 cannot hold an image", "format 2",
                "Leave out --format 1");
  }
  add(pieces, "image", trace.image);
}

// In the file's order: wider elements first.
std::vector<Piece> pieces_of(const Trace& trace, int format) {
  if (format != 1 && format != kTraceVersion) {
    throw Error(ErrorCode::kUsage, "trace format " + std::to_string(format), "1 or 2");
  }
  std::vector<Piece> pieces;
  for (size_t s = 0; s < trace.arrays().size(); ++s) {
    (format == 1 ? add_stack_1 : add_layers)(trace.info(), static_cast<int>(s), trace.arrays()[s],
                                             pieces);
  }
  add_extras(trace, format, pieces);
  std::vector<TensorDeclaration> declared;
  declared.reserve(pieces.size());
  for (const Piece& piece : pieces) declared.push_back(piece.declaration);
  std::vector<Piece> ordered;
  ordered.reserve(pieces.size());
  for (const size_t k : safetensors_order(declared)) ordered.push_back(std::move(pieces[k]));
  return ordered;
}

std::map<std::string, std::string> metadata_of(const Trace& trace, int format) {
  auto metadata = trace.other_metadata;
  Json json = format == 1 ? trace_info_to_json_1(trace.info()) : trace_info_to_json(trace.info());
  if (!trace.read_metadata.empty()) {
    Json base = parse_json(trace.read_metadata, "trace");
    if (format == 1) {  // what format 2 says elsewhere, or not at all
      for (const char* key : {"origin", "computed", "sequences", "stacks", "settings"}) {
        base.erase(key);
      }
    }
    json = overlay(std::move(base), json);
  }
  metadata["format"] = kTraceFormat;
  metadata["format_version"] = std::to_string(format);
  metadata["trace"] = dump_json(json);
  return metadata;
}

std::vector<TensorDeclaration> declarations(const std::vector<Piece>& pieces) {
  std::vector<TensorDeclaration> result;
  result.reserve(pieces.size());
  for (const Piece& piece : pieces) result.push_back(piece.declaration);
  return result;
}

std::string joined(const Piece& piece) {
  std::string bytes;
  for (const Array& part : piece.parts) {
    bytes.append(reinterpret_cast<const char*>(part.data()), static_cast<size_t>(part.bytes()));
  }
  return bytes;
}

}  // namespace

void write_trace(const std::string& path, const Trace& trace, int format) {
  const auto pieces = pieces_of(trace, format);
  SafetensorsWriter writer(path, declarations(pieces), metadata_of(trace, format));
  for (const Piece& piece : pieces) {
    if (piece.parts.size() == 1) {
      writer.write_next(piece.parts[0].data(), static_cast<size_t>(piece.parts[0].bytes()));
      continue;
    }
    const std::string bytes = joined(piece);
    writer.write_next(bytes.data(), bytes.size());
  }
  writer.commit();
}

std::string serialize_trace(const Trace& trace, int format) {
  const auto pieces = pieces_of(trace, format);
  std::string bytes = safetensors_header(declarations(pieces), metadata_of(trace, format));
  bytes.reserve(bytes.size() + static_cast<size_t>(trace.bytes()));
  for (const Piece& piece : pieces) bytes += joined(piece);
  return bytes;
}

}  // namespace headscope
