#include <cmath>

#include "format/number_text.h"
#include "headscope/output.h"

namespace headscope {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_number(float value) {
  return std::isfinite(value) ? plain_text(value) : std::string();
}

std::string csv_row(std::span<const std::string> fields) {
  std::string row;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) row += ',';
    row += csv_field(fields[i]);
  }
  return row + '\n';
}

}  // namespace headscope
