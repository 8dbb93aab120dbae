#include "report/html.h"

#include "format/json.h"

namespace headscope {

std::string html_number(const Json& object, const char* key, int decimals) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return "–";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, found->get<double>());
  return text;
}

std::string html_count(int64_t value) {
  std::string digits = std::to_string(value);
  for (ptrdiff_t at = static_cast<ptrdiff_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0);
       at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string html_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return xml_escape(found->get<std::string>());
}

std::string html_row(std::initializer_list<std::string> cells, std::string_view tag) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) {
    out.append("<").append(tag).append(">").append(cell).append("</").append(tag).append(">");
  }
  return out + "</tr>\n";
}

}  // namespace headscope
