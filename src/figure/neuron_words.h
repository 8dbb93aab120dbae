// What the figure of the neuron view says in words.
#pragma once

#include <string>

#include "figure/neuron_parts.h"

namespace headscope {

// “store” (5): a token as people read it and its index, also where words repeat.
std::string quoted_token(const TraceInfo& info, const TokenSequence& tokens, int64_t at);

// The arithmetic of one key's weight, so that a reader can verify it: the sum of the products, the
// scale, cap and bias, the exponential.
std::string check_line(const NeuronParts& parts, const TraceInfo& info, size_t key);

// What is shown of the keys and where they come from; `shown` of them, the heaviest ones where that
// is fewer than all.
std::string neuron_account(const NeuronParts& parts, const TraceInfo& info, size_t shown);

}  // namespace headscope
