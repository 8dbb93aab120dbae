// What products below float32 cost in accuracy, measured on the model itself: a text is run in both
// precisions.
#pragma once

#include "headscope/model.h"
#include "headscope/run_control.h"

namespace headscope {

struct PrecisionError {
  double attention_max = 0;  // largest difference of an attention weight, of all heads and stacks
  // ‖y − y32‖ / ‖y32‖ over all layers' query, key and value products with the float32 run's hidden
  // states (of an encoder–decoder model its encoder's).
  double gemm_rel_l2 = 0;
};

// `exact` is the same model in float32. Both must have been opened by open_model; both runs have
// `ablations`. Throws Error(kBadInput) for weights that are no numbers.
PrecisionError measure_precision_error(Model& exact, Model& model, const ModelInput& input,
                                       const std::vector<Ablation>& ablations = {},
                                       const RunControl& control = {});

}  // namespace headscope
