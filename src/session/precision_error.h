// The error of a precision that every trace of a model states: measured on a built-in text, once
// for each model.
#pragma once

#include <functional>
#include <string>

#include "headscope/precision_error.h"
#include "headscope/trace_info.h"
#include "session/transformer_model.h"

namespace headscope {

// A text of up to 128 tokens (pictures: waves; a model without a tokenizer: ids spread over its
// vocabulary).
ModelInput precision_input(TransformerModel& model);

// The error that this build has kept for the fingerprint, precision and path in headscope's cache;
// else measure(), which is kept there. A cache that cannot be written is no error.
PrecisionError kept_precision_error(const std::string& fingerprint, const ComputedInfo& computed,
                                    const std::function<PrecisionError()>& measure);

}  // namespace headscope
