// What products below float32 cost in accuracy, measured on the model itself.
//
// A text of up to 128 tokens, built in (pictures: waves; a model without a tokenizer: ids spread
// over its vocabulary), is run in both precisions.
#pragma once

#include <functional>
#include <string>

#include "headscope/run_control.h"
#include "headscope/trace_info.h"
#include "session/transformer_model.h"

namespace headscope {

struct PrecisionError {
  double attention_max = 0;  // largest difference of an attention weight, of all heads and stacks
  // ‖y − y32‖ / ‖y32‖ over all layers' query, key and value products with the float32 run's hidden
  // states (of an encoder–decoder model its encoder's).
  double gemm_rel_l2 = 0;
};

// `exact` is the same model in float32.
PrecisionError measure_precision_error(TransformerModel& exact, TransformerModel& model,
                                       const RunControl& control);

// The error that was kept for this fingerprint, precision and path in headscope's cache; else
// measure(), which is kept there. A cache that cannot be written is no error.
PrecisionError kept_precision_error(const std::string& fingerprint, const ComputedInfo& computed,
                                    const std::function<PrecisionError()>& measure);

}  // namespace headscope
