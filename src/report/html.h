// Small pieces of HTML that the report page is made of. Every text goes through xml_escape.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "figure/svg.h"
#include "format/json_fwd.h"

namespace headscope {

// The number with `decimals`, "–" where it is null or absent.
std::string html_number(const Json& object, const char* key, int decimals = 3);
// 1234567 → "1,234,567"
std::string html_count(int64_t value);
// The field as text, "" where it is null, absent or no string.
std::string html_text(const Json& object, const char* key);
// "<tr><td>…", cells are HTML already.
std::string html_row(std::initializer_list<std::string> cells, std::string_view tag = "td");

}  // namespace headscope
