// The numbers of the neuron view: a line a key (CSV), or arrays as the view shows them.
#pragma once

#include "headscope/attention_source.h"
#include "headscope/numbers.h"

namespace headscope {

// CSV: score, weight, key vector and product of every key. NPY: the products [M, Dh]. Safetensors:
// query [Dh], key and product [M, Dh], score and weight [M]. Throws what neuron_parts() throws.
Numbers neuron_numbers(const AttentionSource& source, const ViewState& state, NumbersFormat format);

}  // namespace headscope
