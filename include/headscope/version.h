#pragma once

namespace headscope {

const char* version();  // "0.1.0"

}  // namespace headscope
