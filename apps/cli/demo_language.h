// headscope demo -m MODEL, where the model is a causal one.
#pragma once

#include <string>

#include "common.h"
#include "headscope/model.h"

namespace headscope::cli {

// Finds the heads that continue a repetition, find a word's earlier self, look one token back and
// rest on the first token, all on the probe; draws the strongest of each on a sentence into
// `folder`, and prints what it found.
void demo_language_model(const CommonOptions& options, const std::string& folder, Model& model);

}  // namespace headscope::cli
