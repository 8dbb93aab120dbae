#include "format/json.h"

#include <charconv>
#include <cmath>
#include <set>

#include "format/number_text.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/file_kind.h"
#include "headscope/output.h"

namespace headscope {
namespace {

// Counts depth and remembers the keys of every open object while nlohmann parses.
class StrictCallback {
 public:
  explicit StrictCallback(const std::string& source) : source_(source) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > kMaxJsonDepth) {
      throw Error(ErrorCode::kBadInput,
                  source_ + ": JSON nested deeper than " + std::to_string(kMaxJsonDepth),
                  "at most " + std::to_string(kMaxJsonDepth) + " levels");
    }
    if (event == Event::object_start) {
      keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        throw Error(ErrorCode::kBadInput, source_ + ": the key \"" + key + "\" appears twice",
                    "every key once in an object");
      }
    }
    return true;
  }

 private:
  std::string source_;
  std::vector<std::set<std::string>> keys_;
};

[[noreturn]] void wrong_type(const Json& value, const std::string& key, const std::string& source,
                             const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + key + " is " + describe(value), expected);
}

const Json& required(const Json& object, const std::string& key, const std::string& source) {
  const Json* value = find_field(object, key, source);
  if (!value) {
    throw Error(ErrorCode::kBadInput, source + ": the field " + key + " is missing",
                "an object with " + key);
  }
  return *value;
}

// The library puts its own name in front: "[json.exception.parse_error.101] parse error at …".
std::string message_of(const Json::exception& error) {
  const std::string text = error.what();
  const size_t end = text.find("] ");
  return text.starts_with("[json.") && end != std::string::npos ? text.substr(end + 2) : text;
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  try {
    return Json::parse(text.begin(), text.end(), StrictCallback(source));
  } catch (const Json::exception& error) {
    require_text(text, source);  // such as compressed files and pointers of Git LFS
    throw Error(ErrorCode::kBadInput, source + ": not valid JSON (" + message_of(error) + ")",
                "a JSON document");
  }
}

Json parse_json_file(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{1} << 30;
  const std::string text = read_file(path, kMaxBytes);
  return parse_json(text, path);
}

std::string dump_json(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

double decimal_of(float value) {
  const std::string text = scientific_text(value);
  const char* const end = text.data() + text.size();
  int64_t digits = 0;
  int exponent = 0;
  const char* at = text.data();
  const bool negative = *at == '-';
  if (negative) ++at;
  bool fraction = false;
  for (; at < end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + (*at - '0');
    if (fraction) --exponent;
  }
  if (at < end) {
    ++at;                  // 'e'
    if (*at == '+') ++at;  // from_chars takes no plus
    int power = 0;
    std::from_chars(at, end, power);
    exponent += power;
  }
  // Up to 9 digits and 10^22 are exact doubles, so one operation rounds correctly.
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  double result;
  if (exponent >= 0 && exponent <= 22) {
    result = static_cast<double>(digits) * kPowers[exponent];
  } else if (exponent < 0 && exponent >= -22) {
    result = static_cast<double>(digits) / kPowers[-exponent];
  } else {
    return Json::parse(text).get<double>();
  }
  return negative ? -result : result;
}

Json json_number(float value) {
  return std::isfinite(value) ? Json(decimal_of(value)) : Json(nullptr);
}

Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_numbers(std::span<const float> values) {
  Json array = Json::array();
  array.get_ref<Json::array_t&>().reserve(values.size());
  for (const float value : values) array.push_back(json_number(value));
  return array;
}

Json json_numbers(std::span<const double> values) {
  Json array = Json::array();
  array.get_ref<Json::array_t&>().reserve(values.size());
  for (const double value : values) array.push_back(json_number(value));
  return array;
}

std::string describe(const Json& value) {
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  if (value.is_null()) return "null";
  if (value.is_number()) return "the number " + value.dump();
  std::string text = dump_json(value);
  constexpr size_t kShown = 60;
  if (text.size() > kShown) {
    text = dump_json(Json(value.get_ref<const std::string&>().substr(0, kShown) + "…"));
  }
  return text;
}

const Json* find_field(const Json& object, const std::string& key, const std::string& source) {
  if (!object.is_object()) {
    throw Error(ErrorCode::kBadInput, source + ": found " + describe(object),
                "an object with " + key);
  }
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

int64_t int_field(const Json& object, const std::string& key, const std::string& source,
                  int64_t low, int64_t high, std::optional<int64_t> fallback) {
  if (fallback && !find_field(object, key, source)) return *fallback;
  const Json& value = required(object, key, source);
  const std::string expected =
      low == std::numeric_limits<int64_t>::min() && high == std::numeric_limits<int64_t>::max()
          ? "a whole number"
          : "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  const bool fits =
      value.is_number_unsigned()
          ? value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
          : value.is_number_integer();
  if (!fits) wrong_type(value, key, source, expected);
  const auto number = value.get<int64_t>();
  if (number < low || number > high) wrong_type(value, key, source, expected);
  return number;
}

double number_field(const Json& object, const std::string& key, const std::string& source,
                    std::optional<double> fallback) {
  if (fallback && !find_field(object, key, source)) return *fallback;
  const Json& value = required(object, key, source);
  if (!value.is_number()) wrong_type(value, key, source, "a number");
  return value.get<double>();
}

bool bool_field(const Json& object, const std::string& key, const std::string& source,
                std::optional<bool> fallback) {
  if (fallback && !find_field(object, key, source)) return *fallback;
  const Json& value = required(object, key, source);
  if (!value.is_boolean()) wrong_type(value, key, source, "true or false");
  return value.get<bool>();
}

std::string string_field(const Json& object, const std::string& key, const std::string& source,
                         std::optional<std::string> fallback) {
  if (fallback && !find_field(object, key, source)) return *fallback;
  const Json& value = required(object, key, source);
  if (!value.is_string()) wrong_type(value, key, source, "a string");
  return value.get<std::string>();
}

const Json& array_field(const Json& object, const std::string& key, const std::string& source) {
  const Json& value = required(object, key, source);
  if (!value.is_array()) wrong_type(value, key, source, "an array");
  return value;
}

const Json& object_field(const Json& object, const std::string& key, const std::string& source) {
  const Json& value = required(object, key, source);
  if (!value.is_object()) wrong_type(value, key, source, "an object");
  return value;
}

std::vector<int64_t> ints_field(const Json& object, const std::string& key,
                                const std::string& source) {
  std::vector<int64_t> result;
  for (const Json& value : array_field(object, key, source)) {
    if (!value.is_number_integer()) wrong_type(value, key + "[…]", source, "a whole number");
    result.push_back(value.get<int64_t>());
  }
  return result;
}

std::vector<std::string> strings_field(const Json& object, const std::string& key,
                                       const std::string& source) {
  std::vector<std::string> result;
  for (const Json& value : array_field(object, key, source)) {
    if (!value.is_string()) wrong_type(value, key + "[…]", source, "a string");
    result.push_back(value.get<std::string>());
  }
  return result;
}

}  // namespace headscope
