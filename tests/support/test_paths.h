// Where a test finds its data and the program. Two functions in one small object: the paths of this
// machine are compiled into that object alone, so every other test object is the same in any clone
// and the compiler cache has it.
#pragma once

#include <string>

namespace headscope {

std::string source_dir();    // the project's folder, without a slash at its end
std::string program_path();  // the built program; it need not exist (unit tests do not build it)

}  // namespace headscope
