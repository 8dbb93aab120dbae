// Comma-separated values as RFC 4180 has them: CRLF is not needed by any reader we know, so lines
// end with LF; fields with comma, quote, CR or LF are quoted, quotes doubled.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headscope {

std::string csv_field(std::string_view text);
// The shortest decimal that reads back as the same float32; NaN and infinities are empty fields.
std::string csv_number(float value);
// A line, with its end.
std::string csv_row(std::span<const std::string> fields);

}  // namespace headscope
