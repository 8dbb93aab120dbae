#include "rpc/corpus_data.h"

#include "headscope/error.h"
#include "headscope/report.h"
#include "headscope/trace_info.h"

namespace headscope {
namespace {

constexpr int kMaxNumber = 100000;  // layers, heads

std::string name_of(const Json& head, const std::string& source) {
  const auto layer = static_cast<int>(int_field(head, "layer", source, 0, kMaxNumber));
  const auto number = static_cast<int>(int_field(head, "head", source, 0, kMaxNumber));
  return head_name(string_field(head, "stack", source, ""), HeadId{layer, number});
}

// Checks the fields that the interface reads of every head; it prints all others as they are.
void check_head(const Json& head, const std::string& source) {
  for (const char* name : {"labels", "leaning", "offsets", "attended"}) {
    array_field(head, name, source);
  }
  for (const char* name : {"label_details", "scores", "histogram"}) {
    object_field(head, name, source);
  }
}

// Checks what the interface reads of the links; null is a number that there is not.
void check_links(const Json& links, const std::string& source) {
  string_field(links, "of", source);
  for (const char* name : {"n", "left_out", "hidden"}) int_field(links, name, source, 0);
  for (const Json& head : array_field(links, "heads", source)) {
    name_of(head, source);
    int_field(head, "n", source, 0);
    for (const char* name : {"mean", "se", "rank", "top1", "chance", "lift"}) {
      number_field(head, name, source, 0);
    }
  }
}

std::string text_or_empty(const Json& json, const std::string& key, const std::string& source) {
  return string_field(json, key, source, "");
}

Json object_or_empty(const Json& json, const std::string& key, const std::string& source) {
  const Json* value = find_field(json, key, source);
  return value && value->is_object() ? *value : Json::object();
}

// Paths of the analyst's machine are not shown to others.
Json without_paths(Json settings) {
  for (const char* name : {"paths", "files"}) settings.erase(name);
  return settings;
}

}  // namespace

std::shared_ptr<const CorpusData> read_corpus(const std::string& text, const std::string& name) {
  const Json json = parse_json(text, name);
  auto data = std::make_shared<CorpusData>();
  data->name = name;
  data->model = string_field(json, "model", name);
  data->fingerprint = text_or_empty(json, "fingerprint", name);
  const Json& heads = array_field(json, "heads", name);
  if (heads.empty()) {
    throw Error(ErrorCode::kBadInput, name + ": no heads", "a report of `headscope analyze`");
  }
  bool grammar = false;
  for (const Json& head : heads) {
    check_head(head, name);
    grammar = grammar || find_field(head, "grammar", name);
    if (!data->head.emplace(name_of(head, name), dump_json(head)).second) {
      throw Error(ErrorCode::kBadInput, name + ": head " + name_of(head, name) + " twice",
                  "every head once");
    }
  }
  for (const Json& head : heads) {
    const std::string stack = string_field(head, "stack", name, "");
    std::string& list = data->heads[stack];
    list += (list.empty() ? "[" : ",") + brief_head(dump_json(head), stack);
  }
  for (auto& [stack, list] : data->heads) list += "]";
  const Json* similarity = find_field(json, "similarity", name);
  if (similarity) {
    array_field(*similarity, "heads", name);
    array_field(*similarity, "xy", name);
    data->similarity = dump_json(*similarity);
  }
  const Json* links = find_field(json, "links", name);
  if (links) {
    check_links(*links, name);
    data->links = dump_json(*links);
  }
  const Json* notes = find_field(json, "notes", name);
  data->notes = notes && notes->is_array() ? dump_json(*notes) : "[]";
  data->overview = {{"name", name},
                    {"model", data->model},
                    {"fingerprint", data->fingerprint},
                    {"segments", int_field(json, "segments", name, 0)},
                    {"settings", without_paths(object_or_empty(json, "settings", name))},
                    {"thresholds", object_or_empty(json, "thresholds", name)},
                    {"notes", notes && notes->is_array() ? *notes : Json::array()},
                    {"has_grammar", grammar},
                    {"has_similarity", similarity != nullptr},
                    {"has_links", links != nullptr}};
  return data;
}

}  // namespace headscope
