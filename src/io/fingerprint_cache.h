// The cache behind model_fingerprint(): hashing 440 MB takes most of a second, so the result is
// kept, keyed by the weight files' paths, sizes and times. In headscope's cache, never in the
// model's directory. A cache that cannot be written is no error.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "headscope/run_control.h"
#include "io/model_source.h"

namespace headscope {

// What was kept for this directory, if its weight files are still the same.
std::optional<std::string> cached_fingerprint(const std::string& directory);
// False where the cache cannot be written: it is then computed anew next time.
bool keep_fingerprint(const std::string& directory, const std::string& fingerprint);

// The fingerprint of an opened model, from the cache or computed and kept there. `counted`: the
// tensors that its family reads, as fingerprint_of() takes them.
std::string source_fingerprint(const ModelSource& source, const std::string& family,
                               const std::map<std::string, std::string>& counted,
                               const RunControl& control = {});

}  // namespace headscope
