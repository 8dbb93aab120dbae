#include "text/tokenizer_settings.h"

#include <algorithm>
#include <array>

#include "headscope/error.h"
#include "text/tokenizer_json.h"

namespace headscope {
namespace {

constexpr std::array<const char*, 7> kNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                               "pad_token", "cls_token", "mask_token"};
// Lists of further special tokens; the second is how version 5 of the reference calls it.
constexpr std::array<const char*, 2> kLists = {"additional_special_tokens", "extra_special_tokens"};

std::string join(const std::string& folder, const std::string& name) {
  return folder + (folder.empty() || folder.back() == '/' ? "" : "/") + name;
}

std::optional<Json> read_object(const TokenizerFiles& files, const std::string& name) {
  const auto text = files.read(name);
  if (!text) return std::nullopt;
  const std::string place = join(files.source, name);
  Json json = parse_json(*text, place);
  if (!json.is_object()) {
    throw Error(ErrorCode::kBadInput, place + " is " + describe(json), "a JSON object");
  }
  return json;
}

// "[MASK]", or {"content": "[MASK]", "lstrip": …}; nullopt for anything else.
std::optional<AddedToken> token_of(const Json& json, const std::string& place) {
  AddedToken token;
  if (json.is_string()) {
    token.content = json.get<std::string>();
  } else if (json.is_object() && json.contains("content")) {
    token = read_added_token(json, place);
  } else {
    return std::nullopt;
  }
  token.id = -1;
  token.special = true;
  if (json.is_string()) token.normalized = false;
  return token;
}

void set_name(TokenizerSettings& out, const std::string& key, AddedToken token) {
  for (auto& [name, value] : out.names) {
    if (name == key) {
      value = std::move(token);
      return;
    }
  }
  out.names.emplace_back(key, std::move(token));
}

void read_names(TokenizerSettings& out, const Json& json, const std::string& place,
                std::vector<AddedToken>& more) {
  for (const char* key : kNames) {
    const Json* found = find_field(json, key, place);
    if (!found) continue;
    if (auto token = token_of(*found, place)) set_name(out, key, std::move(*token));
  }
  for (const char* key : kLists) {
    const Json* list = find_field(json, key, place);
    if (!list || !list->is_structured()) continue;
    for (const Json& entry : *list) {  // an object names each: {"image_token": "<image>"}
      if (auto token = token_of(entry, place)) more.push_back(std::move(*token));
    }
  }
}

int32_t whole_id(const std::string& text, const std::string& place) {
  const bool digits =
      !text.empty() && text.size() <= 8 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    throw Error(ErrorCode::kBadInput, place + ": the id \"" + text + "\" of an added token",
                "a whole number");
  }
  return std::stoi(text);
}

// {"159": {"content": "[DRUG]", …}}
void read_decoder(TokenizerSettings& out, const Json& json) {
  for (const auto& [id, entry] : json.items()) {
    AddedToken token = read_added_token(entry, out.place);
    token.id = whole_id(id, out.place);
    out.added.push_back(std::move(token));
  }
}

// {"[DRUG]": 159}: special where a name says so.
void read_added_file(TokenizerSettings& out, const Json& json, const std::string& place,
                     const std::vector<AddedToken>& more) {
  for (const auto& [content, id] : json.items()) {
    AddedToken token;
    token.content = content;
    token.id = static_cast<int32_t>(int_field(json, content, place, 0, 1 << 24));
    const auto same = [&](const AddedToken& other) { return other.content == token.content; };
    token.special = std::any_of(more.begin(), more.end(), same) ||
                    std::any_of(out.names.begin(), out.names.end(),
                                [&](const auto& name) { return same(name.second); });
    token.normalized = !token.special;
    out.added.push_back(std::move(token));
  }
}

std::string without_fast(std::string name) {
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  return name;
}

// Classes whose models take no token types, for files that do not say so.
bool class_has_segments(const TokenizerSettings& settings) {
  return !settings.is_class({"DistilBertTokenizer", "MPNetTokenizer", "RobertaTokenizer",
                             "XLMRobertaTokenizer", "CamembertTokenizer", "BartTokenizer",
                             "GPT2Tokenizer", "LlamaTokenizer", "T5Tokenizer", "Qwen2Tokenizer",
                             "GemmaTokenizer", "GPTNeoXTokenizer", "LongformerTokenizer"});
}

}  // namespace

const AddedToken* TokenizerSettings::name(const std::string& key) const {
  for (const auto& [its_key, token] : names) {
    if (its_key == key) return &token;
  }
  return nullptr;
}

bool TokenizerSettings::is_class(std::initializer_list<std::string_view> classes) const {
  return std::find(classes.begin(), classes.end(), class_name) != classes.end();
}

bool TokenizerSettings::flag(const std::string& key, bool otherwise) const {
  return bool_field(config, key, place, otherwise);
}

TokenizerSettings read_settings(const TokenizerFiles& files) {
  TokenizerSettings out;
  out.place = join(files.source, "tokenizer_config.json");
  std::vector<AddedToken> more;
  if (auto config = read_object(files, "tokenizer_config.json")) {
    out.has_config = true;
    out.config = std::move(*config);
    out.class_name = string_field(out.config, "tokenizer_class", out.place, "");
  }
  if (const auto model = read_object(files, "config.json")) {
    const std::string place = join(files.source, "config.json");
    out.model_type = string_field(*model, "model_type", place, "");
    if (out.class_name.empty()) {
      out.class_name = string_field(*model, "tokenizer_class", place, "");
    }
  }
  out.class_name = without_fast(out.class_name);
  const auto optional_flag = [&](const char* key) -> std::optional<bool> {
    if (!find_field(out.config, key, out.place)) return std::nullopt;
    return bool_field(out.config, key, out.place);
  };
  out.lower_case = optional_flag("do_lower_case");
  out.strip_accents = optional_flag("strip_accents");
  out.blanks_around_ideographs = optional_flag("tokenize_chinese_chars");
  read_names(out, out.config, out.place, more);
  // As in the reference: the two older files are read where the newer table is missing.
  const Json* decoder = find_field(out.config, "added_tokens_decoder", out.place);
  if (decoder && decoder->is_object()) {
    read_decoder(out, *decoder);
  } else {
    if (const auto map = read_object(files, "special_tokens_map.json")) {
      read_names(out, *map, join(files.source, "special_tokens_map.json"), more);
    }
    if (const auto added = read_object(files, "added_tokens.json")) {
      read_added_file(out, *added, join(files.source, "added_tokens.json"), more);
    }
  }
  std::stable_sort(out.added.begin(), out.added.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  const auto is_there = [&](const AddedToken& token) {
    return std::any_of(out.added.begin(), out.added.end(),
                       [&](const AddedToken& other) { return other.content == token.content; });
  };
  for (AddedToken& token : more) {
    if (!is_there(token)) out.added.push_back(std::move(token));
  }
  out.segments = class_has_segments(out);
  if (const Json* inputs = find_field(out.config, "model_input_names", out.place)) {
    out.segments = inputs->is_array() &&
                   std::find(inputs->begin(), inputs->end(), "token_type_ids") != inputs->end();
  }
  return out;
}

void refuse_python_tokenizers(const TokenizerSettings& settings) {
  const auto refuse = [&](const std::string& got, const std::string& expected) {
    throw Error(ErrorCode::kBadInput, settings.place + ": " + got, expected,
                "Give token ids with --ids", "HS-TOKENIZER-01");
  };
  constexpr std::array<std::string_view, 20> kPython = {
      "BertJapaneseTokenizer", "BertweetTokenizer",  "PhobertTokenizer",    "FlaubertTokenizer",
      "XLMTokenizer",          "CTRLTokenizer",      "ProphetNetTokenizer", "TapasTokenizer",
      "FSMTTokenizer",         "BioGptTokenizer",    "EsmTokenizer",        "CanineTokenizer",
      "ByT5Tokenizer",         "PerceiverTokenizer", "CpmTokenizer",        "HerbertTokenizer",
      "KoBertTokenizer",       "BartphoTokenizer",   "MecabTokenizer",      "RoFormerTokenizer"};
  if (std::find(kPython.begin(), kPython.end(), settings.class_name) != kPython.end()) {
    refuse("tokenizer_class is \"" + settings.class_name + "\", which is Python code of its own",
           "a tokenizer that headscope reads, such as BertTokenizer");
  }
  for (const char* key : {"word_tokenizer_type", "subword_tokenizer_type"}) {
    if (find_field(settings.config, key, settings.place)) {
      refuse(std::string(key) + " is " + describe(settings.config[key]),
             "a tokenizer without a word splitter of its own");
    }
  }
  if (!settings.flag("do_basic_tokenize", true)) {
    refuse("do_basic_tokenize is false", "true");
  }
}

}  // namespace headscope
