#include <limits>
#include <span>

#include "format/checked_shape.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "trace/trace_json.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected, const std::string& action = {}) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected, action);
}

const std::string& metadata_string(const SafetensorsView& file, const std::string& key,
                                   const std::string& source) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) return found->second;
  refuse(source, "__metadata__ has no " + key, "a headscope trace",
         "Make one with `headscope trace`");
}

void check_format(const SafetensorsView& file, const std::string& source) {
  const std::string& format = metadata_string(file, "format", source);
  if (format != kTraceFormat) refuse(source, "format is \"" + format + "\"", kTraceFormat);
  const std::string& version = metadata_string(file, "format_version", source);
  if (version != std::to_string(kTraceVersion)) {
    throw Error(ErrorCode::kBadInput,
                source + " is a trace of format " + version + "; this headscope reads format " +
                    std::to_string(kTraceVersion),
                "", "Open it with a newer headscope. The file was not changed", "HS-FILE-01");
  }
}

// Tensors of one file, taken out as checked float32.
class Tensors {
 public:
  Tensors(const SafetensorsView& file, const std::string& source) : file_(file), source_(source) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  const TensorEntry& entry(const std::string& name) const {
    const TensorEntry* found = file_.find(name);
    if (!found) refuse(source_, "the tensor " + name + " is missing", "it in a trace");
    const DType type = found->dtype;
    if (type != DType::kF32 && type != DType::kF16 && type != DType::kBF16 && type != DType::kF64) {
      refuse(source_, "tensor " + name + " has dtype " + std::string(headscope::name_of(type)),
             "floating point");
    }
    return *found;
  }

  const TensorEntry& entry(const std::string& name, const std::vector<int64_t>& shape) const {
    const TensorEntry& found = entry(name);
    if (found.shape != shape) {
      refuse(source_, "tensor " + name + " of shape " + shape_text(found.shape), shape_text(shape));
    }
    return found;
  }

  // Slice `index` of `count` equal ones along the first axis.
  std::vector<float> slice(const TensorEntry& whole, int64_t index, int64_t count,
                           Finite finite) const {
    TensorEntry part = whole;
    part.bytes = whole.bytes / count;
    part.data = whole.data + index * part.bytes;
    auto values = to_float(part);
    check_values(values, finite, "tensor " + whole.name, source_);
    return values;
  }

 private:
  const SafetensorsView& file_;
  const std::string& source_;
};

void read_layers(const TraceInfo& info, int s, const Tensors& tensors, StackArrays& arrays) {
  const StackInfo& stack = info.stacks[s];
  const auto layers = static_cast<int64_t>(stack.layers.size());
  arrays.layers.resize(stack.layers.size());
  for (const LayerField& field : layer_fields()) {
    const std::string name = stack_prefix(info, s) + field.name;
    const bool split = tensors.has(name + "." + std::to_string(stack.layers.front()));
    if (!split && field.optional && !tensors.has(name)) continue;
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      auto shape = field.shape(info, s, l);
      std::vector<float>& values = arrays.layers[l].*field.values;
      if (split) {
        const std::string own = name + "." + std::to_string(stack.layers[l]);
        values = tensors.slice(tensors.entry(own, shape), 0, 1, field.finite);
      } else {
        shape.insert(shape.begin(), layers);
        values = tensors.slice(tensors.entry(name, shape), static_cast<int64_t>(l), layers,
                               field.finite);
      }
    }
  }
}

std::vector<float> read_bias(const TraceInfo& info, int s, const Tensors& tensors) {
  const StackInfo& stack = info.stacks[s];
  if (stack.bias == BiasKind::kNone) return {};
  const std::string name = stack_prefix(info, s) + "bias";
  std::vector<int64_t> shape = bias_shape(info, s);
  shape.insert(shape.begin(), stack.heads.front());
  if (!tensors.has(name + "." + std::to_string(stack.layers.front()))) {
    const bool shared = tensors.entry(name).shape.size() == shape.size() + 1 &&
                        tensors.entry(name).shape.front() == 1;
    shape.insert(shape.begin(), shared ? 1 : static_cast<int64_t>(stack.layers.size()));
    return tensors.slice(tensors.entry(name, shape), 0, 1, Finite::kYes);
  }
  std::vector<float> bias;
  for (size_t l = 0; l < stack.layers.size(); ++l) {
    shape.front() = stack.heads[l];
    const std::string own = name + "." + std::to_string(stack.layers[l]);
    const auto values = tensors.slice(tensors.entry(own, shape), 0, 1, Finite::kYes);
    bias.insert(bias.end(), values.begin(), values.end());
  }
  return bias;
}

StackArrays read_stack(const TraceInfo& info, int s, const Tensors& tensors) {
  StackArrays arrays;
  read_layers(info, s, tensors, arrays);
  arrays.bias = read_bias(info, s, tensors);
  if (info.stacks[s].mask.kind == MaskKind::kDense) {
    const auto& entry = tensors.entry(stack_prefix(info, s) + "mask",
                                      {info.query_tokens(s).size(), info.key_tokens(s).size()});
    arrays.mask = tensors.slice(entry, 0, 1, Finite::kOrHidden);
  }
  return arrays;
}

void read_extras(const Tensors& tensors, Trace& trace, const std::string& source) {
  const int64_t n = trace.info().query.size();
  if (tensors.has("hidden")) {
    const TensorEntry& entry = tensors.entry("hidden");
    if (entry.shape.size() != 3 || entry.shape[1] != n || entry.shape[0] < 1 ||
        entry.shape[2] < 1) {
      refuse(source, "tensor hidden of shape " + shape_text(entry.shape),
             "[layers + 1, " + std::to_string(n) + ", D]");
    }
    trace.hidden_width = entry.shape[2];
    trace.hidden = tensors.slice(entry, 0, 1, Finite::kYes);
  }
  if (tensors.has("contribution")) {
    trace.contribution =
        tensors.slice(tensors.entry("contribution", {n, n}), 0, 1, Finite::kOrUndefined);
  }
}

std::shared_ptr<const Trace> parse(std::span<const std::byte> bytes, const std::string& source) {
  const SafetensorsView file(bytes, source);
  check_format(file, source);
  const std::string& metadata = metadata_string(file, "trace", source);
  const TraceInfo info = trace_info_from_json(parse_json(metadata, source + " (trace)"), source);
  const Tensors tensors(file, source);
  std::vector<StackArrays> arrays;
  arrays.reserve(info.stacks.size());
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    arrays.push_back(read_stack(info, static_cast<int>(s), tensors));
  }
  const auto trace = std::make_shared<Trace>(info, std::move(arrays));
  read_extras(tensors, *trace, source);
  trace->read_metadata = metadata;
  for (const auto& [key, value] : file.metadata()) {
    if (key != "format" && key != "format_version" && key != "trace") {
      trace->other_metadata[key] = value;
    }
  }
  return trace;
}

}  // namespace

std::shared_ptr<const Trace> read_trace(const std::string& path) {
  const std::string bytes = read_file(path, std::numeric_limits<int64_t>::max());
  return parse(std::as_bytes(std::span(bytes)), path);
}

std::shared_ptr<const Trace> parse_trace(const void* data, size_t size, const std::string& name) {
  return parse({static_cast<const std::byte*>(data), size}, name);
}

}  // namespace headscope
