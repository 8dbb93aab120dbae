// JSON objects put together from parts that are JSON text already: reports hold tens of megabytes
// of heads, which would otherwise be parsed to be printed again.
#pragma once

#include <string>
#include <string_view>

namespace headscope {

// The JSON object `object` with one more field, whose value is JSON text.
inline std::string with_field(std::string object, std::string_view name, std::string_view value) {
  object.pop_back();
  if (object.size() > 1) object += ',';
  object.append("\"").append(name).append("\":").append(value).append("}");
  return object;
}

}  // namespace headscope
