// The steps behind pull_model(): fetch, unpack, convert, verify, rename.
#pragma once

#include <functional>
#include <string>

#include "headscope/models.h"
#include "headscope/run_control.h"
#include "io/known_models.h"

namespace headscope {

using SayStep = std::function<void(const std::string&)>;

// Fetches `model` into own_models()/NAME, whatever is cached elsewhere. Works in a hidden folder
// beside it, which find_model() never looks into, and renames at the end; what an interrupted pull
// left behind is removed. A second pull of the same model waits for the first.
PulledModel pull_known_model(const KnownModelSource& model, const RunControl& control,
                             const SayStep& say);

}  // namespace headscope
