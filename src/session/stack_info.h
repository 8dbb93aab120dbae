// The description of a model's attention layers in its traces.
#pragma once

#include "headscope/trace_info.h"
#include "model/spec.h"

namespace headscope {

// All layers; rotary frequencies are those of short texts.
StackInfo stack_of(const ModelSpec& spec);

}  // namespace headscope
