#include "rpc/fields.h"

#include <algorithm>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kUsage, path + " is " + got, expected, "", kBadField);
}

std::string whole_number(int64_t low, int64_t high) {
  return "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

// Whole numbers of JSON come signed or unsigned.
std::optional<int64_t> whole(const Json& value, int64_t low, int64_t high) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (high < 0 || number > static_cast<uint64_t>(high)) return std::nullopt;
    if (low > 0 && number < static_cast<uint64_t>(low)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.get<int64_t>();
  return number < low || number > high ? std::nullopt : std::optional(number);
}

const std::string& checked_text(const Json& value, const std::string& path, size_t max_bytes) {
  if (!value.is_string()) refuse(path, describe(value), "a text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > max_bytes) {
    throw Error(ErrorCode::kUsage, path + " has " + std::to_string(text.size()) + " bytes",
                "at most " + std::to_string(max_bytes), "", "HS-LIMIT-01",
                ErrorNumbers{static_cast<int64_t>(text.size()), static_cast<int64_t>(max_bytes)});
  }
  return text;
}

}  // namespace

Fields::Fields(const Json& object, std::string where, std::optional<std::string_view> file)
    : object_(object), where_(std::move(where)), file_(file) {
  if (!object.is_object()) {
    refuse(where_.empty() ? "the request" : where_, describe(object), "an object");
  }
}

std::string Fields::path(const std::string& name) const {
  return where_.empty() ? name : where_ + "." + name;
}

const Json* Fields::find(const std::string& name) {
  asked_.insert(name);
  const auto at = object_.find(name);
  return at == object_.end() ? nullptr : &*at;
}

const Json& Fields::required(const std::string& name) {
  const Json* value = find(name);
  if (!value) {
    throw Error(ErrorCode::kUsage, path(name) + " is missing", "a request with it", "", kBadField);
  }
  return *value;
}

bool Fields::has(const std::string& name) {
  const Json* value = find(name);
  return value && !value->is_null();
}

std::string Fields::text(const std::string& name, size_t max_bytes) {
  return checked_text(required(name), path(name), max_bytes);
}

std::optional<std::string> Fields::text_or_null(const std::string& name, size_t max_bytes) {
  const Json& value = required(name);
  if (value.is_null()) return std::nullopt;
  return checked_text(value, path(name), max_bytes);
}

int64_t Fields::integer(const std::string& name, int64_t low, int64_t high) {
  const Json& value = required(name);
  if (const auto number = whole(value, low, high)) return *number;
  refuse(path(name), describe(value), whole_number(low, high));
}

int64_t Fields::integer(const std::string& name, int64_t low, int64_t high, int64_t otherwise) {
  return find(name) ? integer(name, low, high) : otherwise;
}

double Fields::number(const std::string& name, double low, double high) {
  const Json& value = required(name);
  if (value.is_number()) {
    const auto number = value.get<double>();
    if (number >= low && number <= high) return number;
  }
  refuse(path(name), describe(value),
         "a number from " + describe(Json(low)) + " to " + describe(Json(high)));
}

bool Fields::flag(const std::string& name) {
  const Json& value = required(name);
  if (!value.is_boolean()) refuse(path(name), describe(value), "true or false");
  return value.get<bool>();
}

bool Fields::flag(const std::string& name, bool otherwise) {
  return find(name) ? flag(name) : otherwise;
}

std::string Fields::choice(const std::string& name,
                           std::initializer_list<std::string_view> values) {
  const Json& value = required(name);
  std::string expected;
  for (const std::string_view known : values) {
    if (value.is_string() && value.get_ref<const std::string&>() == known) {
      return std::string(known);
    }
    expected += (expected.empty() ? "one of " : ", ") + std::string(known);
  }
  refuse(path(name), describe(value), expected);
}

const Json& Fields::array(const std::string& name, size_t min, size_t max) {
  const Json& value = required(name);
  if (!value.is_array()) refuse(path(name), describe(value), "an array");
  if (value.size() > max) {
    throw Error(ErrorCode::kUsage, path(name) + " has " + std::to_string(value.size()) + " entries",
                "at most " + std::to_string(max), "", "HS-LIMIT-01",
                ErrorNumbers{static_cast<int64_t>(value.size()), static_cast<int64_t>(max)});
  }
  if (value.size() < min) {
    refuse(path(name), describe(value), "at least " + std::to_string(min) + " entries");
  }
  return value;
}

std::vector<int64_t> Fields::integers(const std::string& name, size_t max, int64_t low,
                                      int64_t high) {
  std::vector<int64_t> out;
  for (const Json& value : array(name, 0, max)) {
    const auto number = whole(value, low, high);
    if (!number) {
      refuse(path(name) + "[" + std::to_string(out.size()) + "]", describe(value),
             whole_number(low, high));
    }
    out.push_back(*number);
  }
  return out;
}

std::vector<std::string> Fields::texts(const std::string& name, size_t min, size_t max,
                                       size_t max_bytes) {
  std::vector<std::string> out;
  for (const Json& value : array(name, min, max)) {
    out.push_back(
        checked_text(value, path(name) + "[" + std::to_string(out.size()) + "]", max_bytes));
  }
  return out;
}

const Json& Fields::value(const std::string& name) { return required(name); }

std::string_view Fields::file(int64_t max) {
  file_asked_ = true;
  if (!file_) {
    throw Error(ErrorCode::kUsage, "the file is missing",
                "its bytes behind the request's JSON and a NUL", "", kBadField);
  }
  if (static_cast<int64_t>(file_->size()) > max) {
    throw Error(ErrorCode::kUsage, "a file of " + std::to_string(file_->size()) + " bytes",
                "at most " + std::to_string(max), "", "HS-LIMIT-01",
                ErrorNumbers{static_cast<int64_t>(file_->size()), max});
  }
  return *file_;
}

void Fields::done() const {
  for (const auto& item : object_.items()) {
    if (!asked_.contains(item.key())) {
      throw Error(ErrorCode::kUsage, "the field " + describe(Json(path(item.key()))),
                  "only fields of this method", "", kBadField);
    }
  }
  if (file_ && !file_asked_) {
    throw Error(ErrorCode::kUsage, "a file of " + std::to_string(file_->size()) + " bytes",
                "no file with this method", "", kBadField);
  }
}

std::optional<Precision> read_precision(Fields& fields) {
  if (!fields.has("precision")) return std::nullopt;
  return parse_precision(fields.choice("precision", {"f32", "bf16x3", "bf16"}));
}

}  // namespace headscope
