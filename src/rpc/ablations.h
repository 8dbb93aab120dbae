// The field `ablations` of run and predict.
#pragma once

#include <vector>

#include "headscope/runner.h"
#include "rpc/fields.h"

namespace headscope {

// [{head: "L8H9"|"L2H*", mode: "zero"|"mean"|"uniform"}]; absent or null = none.
std::vector<Ablation> read_ablations(Fields& fields, const StackInfo& shape);

}  // namespace headscope
