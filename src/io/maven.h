// Fetches an artifact with the `mvn` client, so that the mirrors, proxies and credentials that the
// user has set up for it work. Its local repository is a folder of ours: the user's would keep the
// 400 MB.
#pragma once

#include <filesystem>
#include <string>

#include "headscope/run_control.h"

namespace headscope {

// Downloads "GROUP:ARTIFACT:VERSION" below `folder` (exists) and returns the jar's path. Progress
// in bytes of the growing file, of `expected_bytes`. Throws Error(kNotFound): no mvn, source not
// reachable, with Maven's own reason; Error(kInterrupted).
std::filesystem::path fetch_with_maven(const std::string& coordinates,
                                       const std::filesystem::path& folder, int64_t expected_bytes,
                                       const RunControl& control);

}  // namespace headscope
