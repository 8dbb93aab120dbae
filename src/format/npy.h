// NumPy's .npy, version 1.0, little-endian float32 in C order: what `attention -o F.npy` writes
// and `view` reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headscope/output.h"

namespace headscope {

struct NpyArray {
  std::vector<int64_t> shape;
  std::vector<float> data;
};

// Takes <f4, <f8 and <f2 in C order, versions 1 to 3; throws Error(kBadInput) otherwise, also where
// the bytes are not exactly those that the shape asks for.
NpyArray read_npy(std::span<const std::byte> bytes, const std::string& source);

}  // namespace headscope
