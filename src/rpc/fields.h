// Reads the fields of a request strictly: each has a type and a range, nothing is coerced, and a
// field that nobody asked for is refused. Errors are HS-RPC-01 and name the field.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "format/json_fwd.h"
#include "headscope/error_ids.h"
#include "headscope/precision.h"

namespace headscope {

inline constexpr ErrorId kBadField = "HS-RPC-01";

class Fields {
 public:
  // `where` is the path of the object in the request: "tiles[3]", "" for the request itself.
  // `file`: the bytes behind the request's JSON. Object and file must outlive this.
  Fields(const Json& object, std::string where, std::optional<std::string_view> file = {});

  bool has(const std::string& name);  // present and not null
  std::string text(const std::string& name, size_t max_bytes);
  // Must be there; null stands for absent.
  std::optional<std::string> text_or_null(const std::string& name, size_t max_bytes);
  int64_t integer(const std::string& name, int64_t low, int64_t high);
  int64_t integer(const std::string& name, int64_t low, int64_t high, int64_t otherwise);
  double number(const std::string& name, double low, double high);
  bool flag(const std::string& name);
  bool flag(const std::string& name, bool otherwise);
  std::string choice(const std::string& name, std::initializer_list<std::string_view> values);
  // At most `max` elements, at least `min`.
  const Json& array(const std::string& name, size_t min, size_t max);
  std::vector<int64_t> integers(const std::string& name, size_t max, int64_t low, int64_t high);
  std::vector<std::string> texts(const std::string& name, size_t min, size_t max, size_t max_bytes);
  const Json& value(const std::string& name);
  // The bytes behind the JSON: there, and at most `max`.
  std::string_view file(int64_t max);

  // "tiles[3].q1"
  std::string path(const std::string& name) const;
  // Throws when the object has a field, or the request a file, that was not asked for.
  void done() const;

 private:
  const Json& required(const std::string& name);
  const Json* find(const std::string& name);

  const Json& object_;
  std::string where_;
  std::optional<std::string_view> file_;
  std::set<std::string> asked_;
  bool file_asked_ = false;
};

// The field "precision" of what reads or runs a model; nullopt where it is not given.
std::optional<Precision> read_precision(Fields& fields);

}  // namespace headscope
