// The cache behind model_fingerprint(): hashing 440 MB takes most of a second, so the result is
// kept, keyed by the weight files' paths, sizes and times. In headscope's cache, never in the
// model's directory. A cache that cannot be written is no error.
#pragma once

#include <optional>
#include <string>

namespace headscope {

// What was kept for this directory, if its weight files are still the same.
std::optional<std::string> cached_fingerprint(const std::string& directory);
// False where the cache cannot be written: it is then computed anew next time.
bool keep_fingerprint(const std::string& directory, const std::string& fingerprint);

}  // namespace headscope
