// A trace from parts that another program holds: vectors or maps as they lie in its memory.
#include <set>

#include "format/checked_shape.h"
#include "format/json.h"
#include "headscope/error.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

constexpr const char* kSinkLogits = "sink_logits";

[[noreturn]] void refuse(const std::string& got, const std::string& expected,
                         const std::string& action = {}) {
  throw Error(ErrorCode::kBadInput, got, expected, action, "HS-ARR-01");
}

// The arrays that were given, each taken once; what is left at the end belongs nowhere.
class Parts {
 public:
  Parts(const std::map<std::string, Array>& arrays, const std::string& source)
      : arrays_(arrays), source_(source) {}

  bool has(const std::string& name) const { return arrays_.contains(name); }

  Array take(const std::string& name, const std::vector<int64_t>& shape, bool half, Finite finite) {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) refuse(source_ + ": the array " + name + " is missing", "it");
    taken_.insert(name);
    Array array = found->second;
    if (array.shape() != shape) {
      refuse(source_ + ": array " + name + " of shape " + shape_text(array.shape()),
             shape_text(shape));
    }
    if (!(half && is_half(array.dtype()))) array = array.as(DType::kF32);
    check_values(array, finite, "array " + name, source_);
    return array;
  }

  void refuse_others() const {
    for (const auto& [name, array] : arrays_) {
      if (!taken_.contains(name)) {
        refuse(source_ + ": array " + name, "names of the trace's own layers (docs/formats.md)");
      }
    }
  }

 private:
  const std::map<std::string, Array>& arrays_;
  const std::string& source_;
  std::set<std::string> taken_;
};

LayerArrays assemble_layer(const TraceInfo& info, int s, const LayerInfo& layer, Parts& parts) {
  LayerArrays own;
  const std::string behind = "." + std::to_string(layer.layer);
  const std::string prefix = stack_prefix(info, s);
  // What follows from the vectors may be left to us.
  const bool sums = layer.kind == LayerKind::kAttention && layer.holds == Holds::kVectors &&
                    !parts.has(prefix + "logsumexp" + behind);
  for (const LayerField& field : layer_fields()) {
    const bool elsewhere = (field.array == &LayerArrays::mask && layer.mask_of) ||
                           (field.array == &LayerArrays::bias && layer.bias_of);
    const bool ours =
        sums && (field.array == &LayerArrays::logsumexp || field.array == &LayerArrays::sink);
    const Need need = field.need(layer);
    const std::string name = prefix + field.name + behind;
    if (need == Need::kAbsent || elsewhere || ours) continue;
    if (need == Need::kOptional && !parts.has(name)) continue;
    own.*field.array =
        parts.take(name, field_shape(field, info, s, layer), field.vectors, field.finite);
  }
  return own;
}

// The log-sum-exp of a layer that came without: with the mask and bias of the layer that it shares
// them with.
void add_sums(const TraceInfo& info, int s, size_t l, std::vector<StackArrays>& arrays,
              Parts& parts) {
  const StackInfo& stack = info.stacks[static_cast<size_t>(s)];
  const LayerInfo& layer = stack.layers[l];
  LayerArrays& own = arrays[static_cast<size_t>(s)][l];
  if (layer.kind == LayerKind::kNone || layer.holds == Holds::kWeights) return;
  if (!own.logsumexp.empty()) return;
  LayerArrays whole = own;
  const auto& layers = arrays[static_cast<size_t>(s)];
  if (layer.mask_of)
    whole.mask = layers[static_cast<size_t>(stack.layer_index(*layer.mask_of))].mask;
  if (layer.bias_of)
    whole.bias = layers[static_cast<size_t>(stack.layer_index(*layer.bias_of))].bias;
  Array logits;
  if (layer.rule.sinks) {
    logits = parts.take(stack_prefix(info, s) + kSinkLogits + "." + std::to_string(layer.layer),
                        {layer.heads}, false, Finite::kYes);
  }
  LayerSums sums =
      layer_logsumexp(layer, whole, logits.empty() ? std::span<const float>() : logits.floats());
  own.logsumexp = std::move(sums.logsumexp);
  if (layer.rule.sinks) own.sink = std::move(sums.sink);
}

}  // namespace

std::shared_ptr<const Trace> assemble_trace(const std::string& info_json,
                                            const std::map<std::string, Array>& arrays,
                                            const std::string& name) {
  const TraceInfo info = trace_info_from_json(parse_json(info_json, name), name);
  Parts parts(arrays, name);
  std::vector<StackArrays> built;
  for (int s = 0; s < static_cast<int>(info.stacks.size()); ++s) {
    StackArrays& stack = built.emplace_back();
    for (const LayerInfo& layer : info.stacks[static_cast<size_t>(s)].layers) {
      stack.push_back(layer.kind == LayerKind::kNone ? LayerArrays()
                                                     : assemble_layer(info, s, layer, parts));
    }
  }
  for (int s = 0; s < static_cast<int>(built.size()); ++s) {
    for (size_t l = 0; l < built[static_cast<size_t>(s)].size(); ++l) {
      add_sums(info, s, l, built, parts);
    }
  }
  parts.refuse_others();
  auto trace = std::make_shared<Trace>(info, std::move(built));
  check_logsumexp(trace->info(), trace->arrays(), name);
  return trace;
}

}  // namespace headscope
