#include "text/token_template.h"

#include <algorithm>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

using IdOf = std::function<std::optional<int32_t>(const std::string&)>;
constexpr int64_t kMost = 0x7FFFFFFF;

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected, "Give token ids with --ids",
              "HS-TOKENIZER-01");
}

// ["[SEP]", 102]
int32_t named_id(const Json& json, const char* key, const std::string& source) {
  const Json& pair = array_field(json, key, source);
  const bool whole = pair.size() == 2 && pair[1].is_number_integer();
  const int64_t id = whole ? pair[1].get<int64_t>() : -1;
  if (id < 0 || id > kMost) {
    refuse(source, std::string(key) + " of the post-processor is " + pair.dump(),
           "a token and its id");
  }
  return static_cast<int32_t>(id);
}

void add_special(std::vector<TemplateItem>& out, const Json& all, const std::string& name,
                 int32_t segment, const IdOf& id_of, const std::string& source) {
  if (const Json* entry = find_field(all, name, source)) {
    for (const int64_t id : ints_field(*entry, "ids", source)) {
      if (id < 0 || id > kMost) refuse(source, "id " + std::to_string(id), "ids of the vocabulary");
      out.push_back({TemplateItem::kSpecial, static_cast<int32_t>(id), segment});
    }
    return;
  }
  const auto id = id_of(name);
  if (!id) refuse(source, "the template's token \"" + name + "\"", "a token of the vocabulary");
  out.push_back({TemplateItem::kSpecial, *id, segment});
}

std::vector<TemplateItem> read_items(const Json& json, const char* key, const IdOf& id_of,
                                     const std::string& source) {
  static const Json kNone = Json::object();
  const Json* specials = find_field(json, "special_tokens", source);
  std::vector<TemplateItem> out;
  int a = 0, b = 0;
  for (const Json& item : array_field(json, key, source)) {
    if (const Json* special = find_field(item, "SpecialToken", source)) {
      const auto segment =
          static_cast<int32_t>(int_field(*special, "type_id", source, 0, kMost, 0));
      add_special(out, specials ? *specials : kNone, string_field(*special, "id", source), segment,
                  id_of, source);
      continue;
    }
    const Json& sequence = object_field(item, "Sequence", source);
    const bool is_b = string_field(sequence, "id", source) == "B";
    (is_b ? b : a) += 1;
    if (is_b && a == 0) refuse(source, "a template with text B before text A", "A first");
    out.push_back({is_b ? TemplateItem::kB : TemplateItem::kA, 0,
                   static_cast<int32_t>(int_field(sequence, "type_id", source, 0, kMost, 0))});
  }
  const bool is_pair = std::string(key) == "pair";
  if (a != 1 || b != (is_pair ? 1 : 0)) {
    refuse(source, std::string("a template \"") + key + "\" without each text once", "$A and $B");
  }
  return out;
}

void trim(TokenTemplate& out, const Json& json, const std::string& source) {
  if (!bool_field(json, "trim_offsets", source, true)) return;
  out.trims_offsets = true;
  out.adds_prefix_space = bool_field(json, "add_prefix_space", source, true);
}

void read_one(TokenTemplate& out, const Json& json, const IdOf& id_of, const std::string& source) {
  const std::string type = string_field(json, "type", source);
  if (type == "Sequence") {
    for (const Json& one : array_field(json, "processors", source)) {
      read_one(out, one, id_of, source);
    }
    return;
  }
  if (type == "ByteLevel") return trim(out, json, source);
  const bool trims = out.trims_offsets, prefix = out.adds_prefix_space;
  if (type == "TemplateProcessing") {
    out.single = read_items(json, "single", id_of, source);
    out.pair = read_items(json, "pair", id_of, source);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    const int32_t cls = named_id(json, "cls", source), sep = named_id(json, "sep", source);
    const bool bert = type == "BertProcessing";
    out = bert ? TokenTemplate::bert(cls, sep) : TokenTemplate::roberta(cls, sep);
    out.trims_offsets = trims;
    out.adds_prefix_space = prefix;
    if (!bert) trim(out, json, source);
  } else {
    refuse(source, "a post-processor of type \"" + type + "\"",
           "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence");
  }
}

}  // namespace

int64_t TokenTemplate::added(bool is_pair) const {
  const auto& all = items(is_pair);
  return std::count_if(all.begin(), all.end(), [](const TemplateItem& item) {
    return item.kind == TemplateItem::kSpecial;
  });
}

TokenTemplate TokenTemplate::plain() {
  TokenTemplate out;
  out.single = {{TemplateItem::kA, 0, 0}};
  out.pair = {{TemplateItem::kA, 0, 0}, {TemplateItem::kB, 0, 1}};
  return out;
}

TokenTemplate TokenTemplate::bert(int32_t cls, int32_t sep) {
  TokenTemplate out;
  out.single = {
      {TemplateItem::kSpecial, cls, 0}, {TemplateItem::kA, 0, 0}, {TemplateItem::kSpecial, sep, 0}};
  out.pair = out.single;
  out.pair.push_back({TemplateItem::kB, 0, 1});
  out.pair.push_back({TemplateItem::kSpecial, sep, 1});
  return out;
}

TokenTemplate TokenTemplate::roberta(int32_t cls, int32_t sep) {
  TokenTemplate out;
  out.single = {
      {TemplateItem::kSpecial, cls, 0}, {TemplateItem::kA, 0, 0}, {TemplateItem::kSpecial, sep, 0}};
  out.pair = out.single;
  out.pair.push_back({TemplateItem::kSpecial, sep, 0});
  out.pair.push_back({TemplateItem::kB, 0, 0});
  out.pair.push_back({TemplateItem::kSpecial, sep, 0});
  return out;
}

TokenTemplate read_template(const Json& json, const IdOf& id_of, const std::string& source) {
  TokenTemplate out = TokenTemplate::plain();
  if (!json.is_null()) read_one(out, json, id_of, source);
  return out;
}

}  // namespace headscope
