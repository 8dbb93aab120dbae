// The fingerprint of a model: the same weights have the same one, whatever file they came from.
//
// SHA-256 over embeddings.* and encoder.* only (no pooler, no heads, no position_ids, no `bert.`
// prefix), Hugging Face orientation, sorted by name; for each: name, NUL, dims as decimals joined
// by `,`, NUL, little-endian float32.
#pragma once

#include <map>
#include <string>

#include "headscope/run_control.h"
#include "io/weight_store.h"

namespace headscope {

// 64 hexadecimal digits. Reads every weight once and drops its pages again; progress in bytes.
std::string fingerprint(const WeightStore& weights, const RunControl& control = {});

// That of other families than BERT: over the tensors that the family's table reads, name without
// base prefix → name in the store. SHA-256 over one record a tensor, sorted by name: name, NUL,
// dims as decimals joined by `,`, NUL, the 32-byte SHA-256 of its little-endian float32.
std::string fingerprint_of(const WeightStore& weights,
                           const std::map<std::string, std::string>& counted,
                           const RunControl& control = {});

}  // namespace headscope
