// Names and shapes of the arrays of a layer, the same for checking, reading and writing.
#pragma once

#include <string>
#include <vector>

#include "headscope/trace.h"

namespace headscope {

inline constexpr const char* kTraceFormat = "headscope-trace";
inline constexpr int kTraceVersion = 2;

// Values that an array may hold beside finite numbers.
enum class Finite { kYes, kOrHidden, kOrUndefined };  // −infinity where a mask hides; NaN

enum class Need { kAbsent, kOptional, kRequired };

struct LayerField {
  const char* name;
  Array LayerArrays::* array;
  bool vectors = false;  // may be F16 or BF16; the others are F32
  Finite finite = Finite::kYes;
  // Of one layer of stack s.
  Need (*need)(const LayerInfo& layer);
  std::vector<int64_t> (*shape)(const LayerInfo& layer, int64_t queries, int64_t keys);
};
const std::vector<LayerField>& layer_fields();
std::vector<int64_t> field_shape(const LayerField& field, const TraceInfo& info, int stack,
                                 const LayerInfo& layer);

// "" where the only stack is "self", otherwise "encoder." and the like.
std::string stack_prefix(const TraceInfo& info, int stack);

}  // namespace headscope
