// The description of a model's attention layers in its traces.
#pragma once

#include "headscope/trace_info.h"
#include "model/spec.h"

namespace headscope {

// All layers; rotary frequencies are those of short texts.
StackInfo stack_of(const ModelSpec& spec);
// "encoder", "decoder" and "cross" over the sequences "source" and "target".
std::vector<StackInfo> stacks_of(const ModelSpec& encoder, const ModelSpec& decoder);

}  // namespace headscope
