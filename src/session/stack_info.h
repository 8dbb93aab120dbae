// What a trace says of a model's attention layers.
#pragma once

#include "headscope/trace_info.h"
#include "model/spec.h"

namespace headscope {

// All layers. Throws Error(kBadInput, HS-MODEL-02) where a trace cannot say what they are.
StackInfo stack_of(const ModelSpec& spec);

}  // namespace headscope
