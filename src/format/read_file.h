// A whole file as bytes, for small files (configuration, vocabularies, JSON). Weights are mapped
// (format/mapped_file.h), not read.
#pragma once

#include <cstdint>
#include <string>

namespace headscope {

// Throws Error(kNotFound) where `path` does not exist, Error(kBadInput) where it is no readable
// file or holds more than `max_bytes`.
std::string read_file(const std::string& path, int64_t max_bytes = int64_t{1} << 30);

}  // namespace headscope
