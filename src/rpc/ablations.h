// The field `ablations` of run and predict.
#pragma once

#include <span>
#include <vector>

#include "headscope/runner.h"
#include "rpc/fields.h"

namespace headscope {

// [{stack?, head: "L8H9"|"L2H*", mode: "zero"|"mean"|"uniform"}]; absent or null = none. Heads
// without a stack are of the first.
std::vector<Ablation> read_ablations(Fields& fields, std::span<const StackInfo> stacks);

}  // namespace headscope
