// Checks a report's JSON: every field that the page reads has its type, so that the sections need
// no checks of their own.
#include <algorithm>

#include "headscope/error.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

using Type = Json::value_t;

constexpr int kMostHeads = 9999;  // also of layers and offsets

// The field as an object or array; null where it is absent or null.
const Json* optional_field(const Json& object, const char* key, Type type,
                           const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return nullptr;
  if (found->type() != type) {
    throw Error(ErrorCode::kBadInput, where + ": " + key + " is " + describe(*found),
                type == Type::object ? "an object" : "an array");
  }
  return &*found;
}

void optional_numbers(const Json& object, std::initializer_list<const char*> keys,
                      const std::string& where) {
  for (const char* key : keys) number_field(object, key, where, 0.0);
}

// Counts and positions from `low` on.
void optional_counts(const Json& object, std::initializer_list<const char*> keys,
                     const std::string& where, int64_t low = 0) {
  constexpr int64_t kMost = int64_t{1} << 53;  // JSON's numbers are exact up to here
  for (const char* key : keys) int_field(object, key, where, low, kMost, 0);
}

// Calls `check` for every element or field of the optional container, each an object.
template <class Check>
void each_object(const Json& object, const char* key, Type type, const std::string& where,
                 const Check& check) {
  const Json* all = optional_field(object, key, type, where);
  if (!all) return;
  for (const auto& [name, one] : all->items()) {
    const std::string place = where + ": " + key + " " + name;
    if (type == Type::object && one.is_null()) continue;
    if (!one.is_object()) {
      throw Error(ErrorCode::kBadInput, place + " is " + describe(one), "an object");
    }
    check(one, place);
  }
}

void check_detail(const Json& detail, const std::string& where) {
  for (const char* flag : {"near_line", "undecided"}) bool_field(detail, flag, where, false);
  optional_counts(detail, {"obey", "of"}, where);
  for (const char* kind : {"examples", "exceptions"}) {
    each_object(detail, kind, Type::array, where, [](const Json& example, const std::string& at) {
      optional_counts(example, {"start", "query"}, at);
      optional_field(example, "tokens", Type::array, at);
      optional_field(example, "row", Type::array, at);
    });
  }
}

void check_head(const Json& head, const std::string& where) {
  for (const Json& label : array_field(head, "labels", where)) {
    if (label.is_string()) continue;
    throw Error(ErrorCode::kBadInput, where + ": a label is " + describe(label), "a name");
  }
  object_field(head, "scores", where);
  object_field(head, "label_details", where);
  each_object(head, "scores", Type::object, where, [](const Json& score, const std::string& at) {
    optional_counts(score, {"queries"}, at);
  });
  each_object(head, "label_details", Type::object, where, check_detail);
  each_object(head, "histogram", Type::object, where,
              [](const Json& one, const std::string& at) { array_field(one, "counts", at); });
  optional_field(head, "offsets", Type::array, where);
  each_object(head, "attended", Type::array, where,
              [](const Json& word, const std::string& at) { optional_counts(word, {"n"}, at); });
  each_object(head, "grammar", Type::array, where, [](const Json& row, const std::string& at) {
    string_field(row, "relation", at, "");
    string_field(row, "direction", at, "");
    optional_numbers(row, {"accuracy", "baseline"}, at);
    optional_counts(row, {"n"}, at);
    optional_counts(row, {"offset"}, at, -kMostHeads);
  });
}

// Absent and null mean the same: removes null fields, so that sections check for absent ones only.
void remove_nulls(Json& json) {
  if (json.is_object()) {
    for (auto it = json.begin(); it != json.end();) {
      if (it->is_null()) {
        it = json.erase(it);
      } else {
        remove_nulls(*it++);
      }
    }
  } else if (json.is_array()) {
    for (Json& one : json) remove_nulls(one);
  }
}

}  // namespace

Report read_report(const std::string& text, const std::string& source) {
  Report report;
  report.json = parse_json(text, source);
  for (const Json& head : array_field(report.json, "heads", source)) {
    const auto layer = int_field(head, "layer", source, 0, kMostHeads);
    const auto number = int_field(head, "head", source, 0, kMostHeads);
    check_head(head, source + ": L" + std::to_string(layer) + "H" + std::to_string(number));
    const std::string stack = string_field(head, "stack", source, "");
    if (std::find(report.stacks.begin(), report.stacks.end(), stack) == report.stacks.end()) {
      report.stacks.push_back(stack);
    }
    report.layers = std::max(report.layers, static_cast<int>(layer) + 1);
    report.heads = std::max(report.heads, static_cast<int>(number) + 1);
  }
  if (report.layers == 0) {
    throw Error(ErrorCode::kBadInput, source + " holds no heads",
                "a report of `headscope analyze`");
  }
  const Json* settings = optional_field(report.json, "settings", Type::object, source);
  if (settings) bool_field(*settings, "pairs", source, false);
  if (const Json* model = optional_field(report.json, "model_info", Type::object, source)) {
    report.byte_tokens = bool_field(*model, "byte_tokens", source, false);
  }
  if (const Json* links = optional_field(report.json, "links", Type::object, source)) {
    const std::string where = source + ": links";
    optional_counts(*links, {"n", "left_out", "hidden"}, where);
    string_field(*links, "of", where, "");
    each_object(*links, "heads", Type::array, where, [](const Json& row, const std::string& at) {
      optional_counts(row, {"layer", "head", "n"}, at);
      optional_numbers(row, {"mean", "se", "rank", "top1", "chance", "lift"}, at);
      string_field(row, "stack", at, "");
    });
  }
  optional_field(report.json, "notes", Type::array, source);
  if (const Json* map = optional_field(report.json, "similarity", Type::object, source)) {
    optional_field(*map, "heads", Type::array, source);
    optional_field(*map, "xy", Type::array, source);
  }
  for (Json& head : report.json["heads"]) remove_nulls(head);
  return report;
}

}  // namespace headscope
