#include "test_paths.h"

namespace headscope {

std::string source_dir() { return HEADSCOPE_SOURCE_DIR; }
std::string program_path() { return HEADSCOPE_PROGRAM; }

}  // namespace headscope
