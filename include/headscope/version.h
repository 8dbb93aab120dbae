#pragma once

#include <string>

namespace headscope {

const char* version();  // "0.1.0"

// Names the build: hexadecimal, the linker's hash of all that the program or the Python module was
// linked from (its NT_GNU_BUILD_ID note); the version where it has none. For what is kept on disk
// and may have other last bits when the code has changed.
std::string build_id();

}  // namespace headscope
