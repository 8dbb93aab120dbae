#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>

#include "format/checked_shape.h"
#include "format/json.h"
#include "format/mapped_file.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "trace/layer_scores.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

using Owner = std::shared_ptr<const void>;

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

int format_of(const SafetensorsView& file, const std::string& source) {
  const std::string& format = metadata_string(file, "format", source);
  if (format != kTraceFormat) refuse(source, "format is \"" + format + "\"", kTraceFormat);
  const std::string& version = metadata_string(file, "format_version", source);
  for (int known = 1; known <= kTraceVersion; ++known) {
    if (version == std::to_string(known)) return known;
  }
  throw Error(ErrorCode::kBadInput,
              source + " is a trace of format " + version +
                  "; this headscope reads formats up to " + std::to_string(kTraceVersion),
              "", "Open it with a newer headscope. The file was not changed", "HS-FILE-01");
}

// Tensors of one file as checked arrays.
class Tensors {
 public:
  Tensors(const SafetensorsView& file, Owner owner, const std::string& source)
      : file_(file), owner_(std::move(owner)), source_(source) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  const TensorEntry& entry(const std::string& name) const {
    const TensorEntry* found = file_.find(name);
    if (!found) refuse(source_, "the tensor " + name + " is missing", "it in a trace");
    return *found;
  }

  const TensorEntry& entry(const std::string& name, const std::vector<int64_t>& shape) const {
    const TensorEntry& found = entry(name);
    if (found.shape != shape) {
      refuse(source_, "tensor " + name + " of shape " + shape_text(found.shape), shape_text(shape));
    }
    return found;
  }

  // Slice `index` of `count` equal ones along the first axis, as F32 or, where `half` may stay, as
  // it is. Borrows the file's bytes where they are aligned.
  Array slice(const TensorEntry& whole, int64_t index, int64_t count, std::vector<int64_t> shape,
              bool half, Finite finite) const {
    if (whole.dtype != DType::kF32 && !is_half(whole.dtype) && whole.dtype != DType::kF64) {
      refuse(source_,
             "tensor " + whole.name + " has dtype " + std::string(headscope::name_of(whole.dtype)),
             "floating point");
    }
    Array part = borrow(whole.dtype, std::move(shape), whole.data + index * (whole.bytes / count),
                        whole.bytes / count);
    if (!(half && is_half(whole.dtype))) part = part.as(DType::kF32);
    check_values(part, finite, "tensor " + whole.name, source_);
    return part;
  }

  Array all(const std::string& name, const std::vector<int64_t>& shape, bool half,
            Finite finite) const {
    return slice(entry(name, shape), 0, 1, shape, half, finite);
  }

  Array bytes(const std::string& name) const {
    const TensorEntry& found = entry(name);
    return borrow(found.dtype, found.shape, found.data, found.bytes);
  }

 private:
  Array borrow(DType dtype, std::vector<int64_t> shape, const std::byte* data,
               int64_t bytes) const {
    const auto alignment = static_cast<uintptr_t>(size_of(dtype));
    if (bytes > 0 && reinterpret_cast<uintptr_t>(data) % alignment == 0) {
      return Array::borrow(dtype, std::move(shape), data, owner_);
    }
    const auto copy = std::make_shared<std::vector<double>>(static_cast<size_t>(bytes / 8 + 1));
    if (bytes > 0) std::memcpy(copy->data(), data, static_cast<size_t>(bytes));
    return Array::borrow(dtype, std::move(shape), copy->data(), copy);
  }

  const SafetensorsView& file_;
  const Owner owner_;
  const std::string& source_;
};

// The layer's own number behind a tensor's name.
std::string of_layer(const std::string& name, const LayerInfo& layer) {
  return name + "." + std::to_string(layer.layer);
}

StackArrays read_stack(const TraceInfo& info, int s, const Tensors& tensors) {
  const StackInfo& stack = info.stacks[static_cast<size_t>(s)];
  StackArrays arrays(stack.layers.size());
  for (const LayerField& field : layer_fields()) {
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const LayerInfo& layer = stack.layers[l];
      const bool elsewhere = (field.array == &LayerArrays::mask && layer.mask_of) ||
                             (field.array == &LayerArrays::bias && layer.bias_of);
      const Need need = field.need(layer);
      const std::string name = of_layer(stack_prefix(info, s) + field.name, layer);
      if (need == Need::kAbsent || elsewhere || (need == Need::kOptional && !tensors.has(name))) {
        continue;
      }
      arrays[l].*field.array =
          tensors.all(name, field_shape(field, info, s, layer), field.vectors, field.finite);
    }
  }
  return arrays;
}

// Format 1: layers of equal heads lie in one tensor [L, …], others in "query.3". A bias of one
// layer may serve all; so does the mask.
void read_field_1(TraceInfo& info, int s, const LayerField& field, const Tensors& tensors,
                  StackArrays& arrays) {
  StackInfo& stack = info.stacks[static_cast<size_t>(s)];
  const auto layers = static_cast<int64_t>(stack.layers.size());
  const std::string name = stack_prefix(info, s) + field.name;
  const Need need = field.need(stack.layers.front());
  const bool split = tensors.has(of_layer(name, stack.layers.front()));
  if (need == Need::kAbsent || (need == Need::kOptional && !split && !tensors.has(name))) return;
  if (field.array == &LayerArrays::mask) {
    arrays.front().mask = tensors.all(name, field_shape(field, info, s, stack.layers.front()),
                                      field.vectors, field.finite);
    return;
  }
  for (size_t l = 0; l < stack.layers.size(); ++l) {
    const std::vector<int64_t> shape = field_shape(field, info, s, stack.layers[l]);
    Array& array = arrays[l].*field.array;
    if (split) {
      array = tensors.all(of_layer(name, stack.layers[l]), shape, field.vectors, field.finite);
      continue;
    }
    std::vector<int64_t> whole = shape;
    const bool shared = field.array == &LayerArrays::bias && !tensors.entry(name).shape.empty() &&
                        tensors.entry(name).shape.front() == 1 && layers > 1;
    whole.insert(whole.begin(), shared ? 1 : layers);
    if (shared && l > 0) {
      (void)tensors.entry(name, whole);  // equal heads in all layers
      stack.layers[l].bias_of = stack.layers.front().layer;
      continue;
    }
    array = tensors.slice(tensors.entry(name, whole), shared ? 0 : static_cast<int64_t>(l),
                          whole.front(), shape, field.vectors, field.finite);
  }
}

StackArrays read_stack_1(TraceInfo& info, int s, const Tensors& tensors) {
  StackArrays arrays(info.stacks[static_cast<size_t>(s)].layers.size());
  for (const LayerField& field : layer_fields()) read_field_1(info, s, field, tensors, arrays);
  return arrays;
}

void read_hidden(const Tensors& tensors, int format, Trace& trace, const std::string& source) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  const auto check = [&](const TensorEntry& entry, size_t axes) {
    const size_t token = axes - 2;
    if (entry.shape.size() == axes && entry.shape[token] == n && entry.shape[axes - 1] >= 1 &&
        entry.shape[0] >= 1) {
      return;
    }
    refuse(source, "tensor " + entry.name + " of shape " + shape_text(entry.shape),
           std::string(axes == 3 ? "[layers + 1, " : "[") + std::to_string(n) + ", D]");
  };
  if (format == 1 && tensors.has("hidden")) {
    const TensorEntry& entry = tensors.entry("hidden");
    check(entry, 3);
    for (int64_t i = 0; i < entry.shape[0]; ++i) {
      trace.hidden.push_back(
          tensors.slice(entry, i, entry.shape[0], {n, entry.shape[2]}, false, Finite::kYes));
    }
  }
  for (int i = 0; format > 1 && tensors.has("hidden." + std::to_string(i)); ++i) {
    const TensorEntry& entry = tensors.entry("hidden." + std::to_string(i));
    check(entry, 2);
    trace.hidden.push_back(tensors.slice(entry, 0, 1, entry.shape, false, Finite::kYes));
  }
}

void read_extras(const Tensors& tensors, int format, Trace& trace, const std::string& source) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  read_hidden(tensors, format, trace, source);
  if (tensors.has("contribution")) {
    trace.contribution_of_words = tensors.all("contribution", {n, n}, false, Finite::kOrUndefined);
  }
  if (format > 1 && tensors.has("image")) {
    Array image = tensors.bytes("image");
    if (image.dtype() != DType::kU8 || image.shape().size() != 3 || image.shape()[2] != 3) {
      refuse(source, "tensor image of shape " + shape_text(image.shape()), "U8 [height, width, 3]");
    }
    trace.image = std::move(image);
  }
}

bool agree(std::span<const float> a, std::span<const float> b) {
  constexpr float kLastBits = 2e-6f;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return x == y || std::abs(x - y) <= kLastBits * std::max(1.0f, std::abs(y));
  });
}

// Half-precision vectors have the log-sum-exp of the vectors that they were rounded from, or a
// rounded one: rows would sum to something else than 1. That of the vectors here is computed anew.
std::shared_ptr<Trace> with_sums(TraceInfo info, std::vector<StackArrays> arrays,
                                 const Tensors& tensors, int format, const std::string& source) {
  auto trace = std::make_shared<Trace>(std::move(info), std::move(arrays));
  std::vector<StackArrays> mended = trace->arrays();
  bool any = false;
  for (size_t s = 0; s < mended.size(); ++s) {
    const StackInfo& stack = trace->info().stacks[s];
    const std::string name = stack_prefix(trace->info(), static_cast<int>(s)) + "logsumexp";
    for (size_t l = 0; l < mended[s].size(); ++l) {
      const LayerInfo& layer = stack.layers[l];
      LayerArrays& own = mended[s][l];
      if (layer.kind == LayerKind::kNone || layer.holds == Holds::kWeights) continue;
      const std::string& sums = format == 1 && tensors.has(name) ? name : of_layer(name, layer);
      if (!is_half(own.query.dtype()) && !is_half(own.key.dtype()) &&
          !is_half(tensors.entry(sums).dtype)) {
        continue;
      }
      LayerSums found = layer_logsumexp(layer, own, sink_logits(layer, own));
      // A file of ours has it already; with sinks, whose logits follow from rounded numbers,
      // another last bit would make another file each time it is read and written.
      if (agree(own.logsumexp.floats(), found.logsumexp.floats())) continue;
      own.logsumexp = std::move(found.logsumexp);
      if (layer.rule.sinks) own.sink = std::move(found.sink);
      any = true;
    }
  }
  if (any) trace = std::make_shared<Trace>(trace->info(), std::move(mended));
  check_logsumexp(trace->info(), trace->arrays(), source);
  return trace;
}

std::shared_ptr<const Trace> parse(std::span<const std::byte> bytes, Owner owner,
                                   const std::string& source) {
  const SafetensorsView file(bytes, source);
  const int format = format_of(file, source);
  const std::string& metadata = metadata_string(file, "trace", source);
  const Json json = parse_json(metadata, source + " (trace)");
  TraceInfo info =
      format == 1 ? trace_info_from_json_1(json, source) : trace_info_from_json(json, source);
  const Tensors tensors(file, std::move(owner), source);
  std::vector<StackArrays> arrays;
  arrays.reserve(info.stacks.size());
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const auto index = static_cast<int>(s);
    arrays.push_back(format == 1 ? read_stack_1(info, index, tensors)
                                 : read_stack(info, index, tensors));
  }
  const auto trace = with_sums(std::move(info), std::move(arrays), tensors, format, source);
  read_extras(tensors, format, *trace, source);
  trace->read_metadata = format == 1 ? dump_json(unknown_of_format_1(json)) : metadata;
  for (const auto& [key, value] : file.metadata()) {
    if (key != "format" && key != "format_version" && key != "trace") {
      trace->other_metadata[key] = value;
    }
  }
  return trace;
}

}  // namespace

std::shared_ptr<const Trace> read_trace(const std::string& path) {
  // Mapped: the arrays are the file's own pages, which the system takes back when it needs them.
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) {
    const auto file = std::make_shared<const MappedFile>(path);
    const std::span<const std::byte> bytes = file->bytes();
    auto trace = parse(bytes, file, path);
    file->drop(bytes.data(), bytes.size());  // the checks read every page; give them back
    return trace;
  }
  const auto bytes =
      std::make_shared<const std::string>(read_file(path, std::numeric_limits<int64_t>::max()));
  return parse(std::as_bytes(std::span(*bytes)), bytes, path);
}

std::shared_ptr<const Trace> parse_trace(const void* data, size_t size, const std::string& name,
                                         std::shared_ptr<const void> owner) {
  if (owner) return parse({static_cast<const std::byte*>(data), size}, std::move(owner), name);
  const auto copy = std::make_shared<const std::string>(static_cast<const char*>(data), size);
  return parse(std::as_bytes(std::span(*copy)), copy, name);
}

}  // namespace headscope
