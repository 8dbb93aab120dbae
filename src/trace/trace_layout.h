// Names and shapes of the tensors of a trace file, the same for reading and writing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "headscope/trace.h"
#include "trace/trace_check.h"

namespace headscope {

inline constexpr const char* kTraceFormat = "headscope-trace";
inline constexpr int kTraceVersion = 1;

// A field that every kept layer has: LayerArrays member, name, shape of one layer.
struct LayerField {
  std::string name;
  std::vector<float> LayerArrays::* values;
  bool optional = false;
  Finite finite = Finite::kYes;
  // [heads, …] of layer index l of stack s
  std::function<std::vector<int64_t>(const TraceInfo&, int s, size_t l)> shape;
};
const std::vector<LayerField>& layer_fields();

// "" where the only stack is "self", otherwise "encoder." and the like.
std::string stack_prefix(const TraceInfo& info, int stack);
// All kept layers have the same heads: their arrays are stacked in one tensor [L, …]. Otherwise
// layer 3 has its own, "query.3".
bool uniform_layers(const StackInfo& stack);
// Shape of one (layer, head) of the bias: [N+M−1] or [N, M].
std::vector<int64_t> bias_shape(const TraceInfo& info, int stack);

}  // namespace headscope
