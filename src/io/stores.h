// The readers behind open_weights(): each gives null where the directory holds nothing of its kind.
#pragma once

#include <memory>
#include <string>

#include "io/weight_store.h"

namespace headscope {

std::unique_ptr<WeightStore> open_safetensors(const std::string& directory);
std::unique_ptr<WeightStore> open_pytorch(const std::string& directory);
std::unique_ptr<WeightStore> open_tensorflow(const std::string& directory);

}  // namespace headscope
