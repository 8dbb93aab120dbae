// What programs write: files that appear whole or not at all, CSV, NumPy's .npy, float32 numbers
// with the fewest digits that read back as the same float32.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

// A reader never sees half a file, and an older file stays when anything fails. Throws
// Error(kNotFound) where the folder does not exist, Error(kBadInput) where it cannot be written.
void write_file_atomically(const std::string& path, std::string_view content);

// Comma-separated values by RFC 4180, but for CRLF, which no reader that we know needs: lines
// end with LF; fields with comma, quote, CR or LF are quoted, quotes doubled.
std::string csv_field(std::string_view text);
// The shortest decimal that reads back as the same float32; NaN and infinities are empty fields.
std::string csv_number(float value);
// A line, with its end.
std::string csv_row(std::span<const std::string> fields);

// The bytes of a .npy file, version 1.0, little-endian float32 in C order. `data` has as many
// elements as `shape` says.
std::string write_npy(std::span<const float> data, const std::vector<int64_t>& shape);

// The double whose shortest decimal is that of the float32 `value` (0.1f → 0.1, not
// 0.10000000149011612): a JSON printer of doubles then prints float32 at its own precision.
// `value` is finite.
double decimal_of(float value);

}  // namespace headscope
