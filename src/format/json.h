// JSON as headscope reads and writes it: a thin layer over nlohmann::json.
//
// Reading: parse_json refuses duplicate keys (two readers would see two documents) and nesting
// deeper than kMaxJsonDepth (printing recurses), and the typed getters throw Error(kBadInput) that
// names the source, the field, what was got and what was expected.
// Writing: float32 numbers are written with the fewest digits that read back as the same float32;
// NaN and infinities, which JSON lacks, become null.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_fwd.h"

namespace headscope {

inline constexpr int kMaxJsonDepth = 100;

// `source` names the text in errors: a path, "--state", "request".
Json parse_json(std::string_view text, const std::string& source);
// Reads and parses a file. Throws Error(kNotFound) where it does not exist.
Json parse_json_file(const std::string& path);

// Invalid UTF-8 in strings becomes U+FFFD: output is always valid JSON. indent < 0: one line.
std::string dump_json(const Json& json, int indent = -1);

// null for NaN and infinities; otherwise the shortest decimal that reads back as this float32.
Json json_number(float value);
// null for NaN and infinities.
Json json_number(double value);
Json json_numbers(std::span<const float> values);
Json json_numbers(std::span<const double> values);

// "the number 1.25", "an array of 3", …: names a value, for the `got` of errors.
std::string describe(const Json& value);

// Typed fields of an object. Without `fallback` the field must exist; null counts as absent.
int64_t int_field(const Json& object, const std::string& key, const std::string& source,
                  int64_t low = std::numeric_limits<int64_t>::min(),
                  int64_t high = std::numeric_limits<int64_t>::max(),
                  std::optional<int64_t> fallback = {});
double number_field(const Json& object, const std::string& key, const std::string& source,
                    std::optional<double> fallback = {});
bool bool_field(const Json& object, const std::string& key, const std::string& source,
                std::optional<bool> fallback = {});
std::string string_field(const Json& object, const std::string& key, const std::string& source,
                         std::optional<std::string> fallback = {});
const Json& array_field(const Json& object, const std::string& key, const std::string& source);
const Json& object_field(const Json& object, const std::string& key, const std::string& source);
std::vector<int64_t> ints_field(const Json& object, const std::string& key,
                                const std::string& source);
std::vector<std::string> strings_field(const Json& object, const std::string& key,
                                       const std::string& source);
// The field, or null where it is absent or null. Throws where `object` is no object.
const Json* find_field(const Json& object, const std::string& key, const std::string& source);

}  // namespace headscope
