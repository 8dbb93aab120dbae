// Json by name alone, for headers that pass it on: nlohmann/json.hpp takes a second to compile.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace headscope {

using Json = nlohmann::json;

}  // namespace headscope
