#include "text/template_settings.h"

namespace headscope {
namespace {

const char* name_of(bool value) { return value ? "true" : "false"; }

std::string type_of(const Json& part) {
  return part.is_object() && part.contains("type") && part["type"].is_string()
             ? part["type"].get<std::string>()
             : std::string();
}

// Whether `words` puts a blank before a text, where it is of a kind that may.
std::optional<bool> blank_before(const Json& words, const std::string& place) {
  const std::string type = type_of(words);
  if (type == "ByteLevel") return bool_field(words, "add_prefix_space", place, true);
  if (type != "Metaspace") return std::nullopt;
  const bool adds = bool_field(words, "add_prefix_space", place, true);
  return string_field(words, "prepend_scheme", place, adds ? "always" : "never") != "never";
}

// Takes "Prepend" out of a sequence of normalizers; whether there was one.
bool without_prepend(Json& normalizer) {
  if (type_of(normalizer) != "Sequence") return false;
  Json& steps = normalizer["normalizers"];
  if (!steps.is_array()) return false;
  Json kept = Json::array();
  for (const Json& step : steps) {
    if (type_of(step) != "Prepend") kept.push_back(step);
  }
  const bool less = kept.size() < steps.size();
  steps = std::move(kept);
  return less;
}

}  // namespace

std::string apply_prefix_space(Json& json, const TokenizerSettings& settings) {
  constexpr const char* kField = "add_prefix_space";
  const bool bytes = settings.is_class(
      {"GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "LongformerTokenizer"});
  const bool llama = settings.is_class({"LlamaTokenizer"}) && !settings.flag(kField, true);
  if (!json.is_object() || (!bytes && !llama)) return {};
  const bool wanted = settings.flag(kField, false);
  Json& words = json["pre_tokenizer"];
  const auto said = blank_before(words, settings.place);
  bool changed = false;
  if (type_of(words) == (bytes ? "ByteLevel" : "Metaspace") && said && *said != wanted) {
    if (bytes) {
      words[kField] = wanted;
    } else {
      words["prepend_scheme"] = "never";
    }
    changed = true;
  }
  if (llama && json.contains("normalizer")) changed |= without_prepend(json["normalizer"]);
  if (!changed) return {};
  return settings.place + (settings.config.contains(kField) ? " says " : " means ") + kField + " " +
         name_of(wanted) + ", tokenizer.json the opposite: the former counts, as for the class " +
         settings.class_name + " of transformers";
}

void apply_begin_and_end(Tokenizer::State& state, const TokenizerSettings& settings) {
  constexpr const char *kBegin = "add_bos_token", *kEnd = "add_eos_token";
  const bool said = settings.config.contains(kBegin) || settings.config.contains(kEnd);
  const bool takes_them =
      settings.is_class({"", "PreTrainedTokenizer", "TokenizersBackend", "GPT2Tokenizer",
                         "Qwen2Tokenizer", "LlamaTokenizer", "GemmaTokenizer"});
  if (!said || !takes_them) return;
  const bool gemma = settings.is_class({"GemmaTokenizer"}),
             bytes = settings.is_class({"GPT2Tokenizer", "Qwen2Tokenizer"});
  // A name that is null is none; where no file gives one, the class has its own.
  const auto id = [&](const char* flag, const char* key, int32_t its, const char* otherwise) {
    if (!settings.flag(flag, false)) return -1;
    if (its >= 0 || settings.config.contains(key)) return its;
    return state.id_of(bytes ? "<|endoftext|>" : otherwise).value_or(-1);
  };
  const int32_t begin = id(kBegin, "bos_token", state.special.bos, gemma ? "<bos>" : "<s>");
  const int32_t end = id(kEnd, "eos_token", state.special.eos, gemma ? "<eos>" : "</s>");
  TokenTemplate& out = state.template_;
  out.pair.clear();
  const auto add = [&](TemplateItem::Kind text, int32_t segment) {
    if (begin >= 0) out.pair.push_back({TemplateItem::kSpecial, begin, segment});
    out.pair.push_back({text, 0, segment});
    if (end >= 0) out.pair.push_back({TemplateItem::kSpecial, end, segment});
  };
  add(TemplateItem::kA, 0);
  out.single = out.pair;
  add(TemplateItem::kB, 1);
}

}  // namespace headscope
