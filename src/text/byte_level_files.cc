// vocab.json and merges.txt: byte-level BPE before tokenizer.json.
#include <algorithm>
#include <sstream>

#include "headscope/error.h"
#include "text/older_files.h"
#include "text/tokenizer_json.h"

namespace headscope {
namespace {

std::string join(const std::string& folder, const std::string& name) {
  return folder + (folder.empty() || folder.back() == '/' ? "" : "/") + name;
}

// Qwen2's own expression (transformers, tokenization_qwen2.py).
constexpr const char* kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

std::string text_of(const TokenizerSettings& settings, const char* key, const char* otherwise) {
  const AddedToken* token = settings.name(key);
  return token ? token->content : otherwise;
}

// The lines of merges.txt without its "#version" and empty lines.
Json merge_lines(const std::string& text) {
  Json lines = Json::array();
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.starts_with("#version")) continue;
    lines.push_back(line);
  }
  return lines;
}

Json special(int64_t id, const std::string& content, bool lstrip = false) {
  return {{"id", id},        {"content", content},   {"special", true},    {"lstrip", lstrip},
          {"rstrip", false}, {"single_word", false}, {"normalized", false}};
}

}  // namespace

// The files as the tokenizer.json that transformers would build: one reader serves both.
std::unique_ptr<Tokenizer::State> read_byte_level(const std::string& vocab,
                                                  const std::string& merges,
                                                  const TokenizerSettings& settings,
                                                  const std::string& folder) {
  const std::string source = join(folder, "vocab.json");
  const auto is = [&](std::initializer_list<std::string_view> classes,
                      std::initializer_list<std::string_view> types) {
    if (!settings.class_name.empty()) return settings.is_class(classes);
    return std::find(types.begin(), types.end(), settings.model_type) != types.end();
  };
  const bool qwen = is({"Qwen2Tokenizer"}, {"qwen2", "qwen3"});
  const bool roberta = is({"RobertaTokenizer", "BartTokenizer", "LongformerTokenizer"},
                          {"roberta", "bart", "longformer"});
  if (!qwen && !roberta && !is({"GPT2Tokenizer"}, {"gpt2", "opt"})) {
    throw Error(ErrorCode::kBadInput,
                source + " of tokenizer_class \"" + settings.class_name + "\", model_type \"" +
                    settings.model_type + "\"",
                "that of GPT-2, OPT, RoBERTa, BART or Qwen2, or a tokenizer.json",
                "Give token ids with --ids", "HS-TOKENIZER-01");
  }
  const Json ids = parse_json(vocab, source);
  const auto id_of = [&](const std::string& token) -> int64_t {
    return int_field(ids, token, source, 0);
  };
  const bool prefix = settings.flag("add_prefix_space", false);
  Json json = {{"model", {{"type", "BPE"}, {"vocab", ids}, {"merges", merge_lines(merges)}}},
               {"decoder", {{"type", "ByteLevel"}}},
               {"pre_tokenizer",
                {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}}}};
  Json added = Json::array();
  const auto add = [&](const std::string& token, bool lstrip = false) {
    if (ids.contains(token)) added.push_back(special(id_of(token), token, lstrip));
  };
  if (qwen) {
    json["normalizer"] = {{"type", "NFC"}};
    json["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", kQwen2}}}, {"behavior", "Isolated"}},
          {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"use_regex", false}}}}};
    add(text_of(settings, "eos_token", "<|endoftext|>"));
  } else if (roberta) {
    const std::string cls = text_of(settings, "cls_token", "<s>");
    const std::string sep = text_of(settings, "sep_token", "</s>");
    json["post_processor"] = {{"type", "RobertaProcessing"},
                              {"sep", {sep, id_of(sep)}},
                              {"cls", {cls, id_of(cls)}},
                              {"trim_offsets", true},
                              {"add_prefix_space", prefix}};
    for (const char* key : {"bos_token", "pad_token", "eos_token", "unk_token"}) {
      constexpr const char* kDefaults[] = {"<s>", "<pad>", "</s>", "<unk>"};
      const size_t which = key[0] == 'b' ? 0 : key[0] == 'p' ? 1 : key[0] == 'e' ? 2 : 3;
      add(text_of(settings, key, kDefaults[which]));
    }
    add(text_of(settings, "mask_token", "<mask>"), true);
  } else {
    const std::string end = text_of(settings, "eos_token", "<|endoftext|>");
    if (settings.model_type == "opt") {  // unless the settings say otherwise
      const std::string begin = text_of(settings, "bos_token", "</s>");
      json["post_processor"] = {
          {"type", "TemplateProcessing"},
          {"single",
           {{{"SpecialToken", {{"id", begin}, {"type_id", 0}}}},
            {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
          {"pair",
           {{{"SpecialToken", {{"id", begin}, {"type_id", 0}}}},
            {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
            {{"SpecialToken", {{"id", begin}, {"type_id", 1}}}},
            {{"Sequence", {{"id", "B"}, {"type_id", 1}}}}}},
          {"special_tokens", {{begin, {{"id", begin}, {"ids", {id_of(begin)}}}}}}};
    }
    add(end);
  }
  json["added_tokens"] = std::move(added);
  return tokenizer_of(json, source);
}

}  // namespace headscope
