// The bytes of a GGUF file taken apart; see gguf_file.h, which gives them out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/gguf_file.h"

namespace headscope {

struct GgufHeader {
  std::map<std::string, GgufValue, std::less<>> metadata;
  std::vector<GgufTensor> tensors;
};
GgufHeader parse_gguf(std::span<const std::byte> bytes, const std::string& source);

std::string_view name_of(GgufType type);  // "uint32"
// Bytes of a value that is neither a string nor an array; of those 0.
size_t gguf_size_of(GgufType type);

}  // namespace headscope
