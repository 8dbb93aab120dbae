#include "text/bert_settings.h"

namespace headscope {
namespace {

// The classes of the reference whose tokenizer_config.json rules over BERT's tokenizer.json.
bool is_bert_class(const TokenizerSettings& settings) {
  return settings.is_class({"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
                            "MPNetTokenizer", "MobileBertTokenizer", "ConvBertTokenizer"});
}

// A template of post_processor, such as "*0 A0 *0 ": A and B, and "*" for any special token.
std::string template_text(const Json& pieces) {
  std::string out;
  for (const Json& piece : pieces) {
    for (const auto& [kind, value] : piece.items()) {
      out += (kind == "Sequence" ? value.value("id", "") : "*") +
             value.value("type_id", Json(0)).dump() + " ";
    }
  }
  return out;
}

}  // namespace

void apply_bert_settings(Tokenizer::State& state, const TokenizerSettings& settings) {
  if (!state.bert) return;
  BertNormalization wanted = *state.bert;
  const auto set = [&](const char* key, const std::optional<bool>& value, bool& field,
                       bool changes) {
    if (!value || *value == field) return;
    const std::string what = settings.place + " says " + key + " " + (*value ? "true" : "false") +
                             ", tokenizer.json the opposite";
    state.notes.push_back(what + (changes ? ": the former counts, as for the class " +
                                                settings.class_name + " of transformers"
                                          : ": the latter counts"));
    if (changes) field = *value;
  };
  const bool rules = is_bert_class(settings);
  const bool own_accents = state.bert->strip_accents != state.bert->lower_case;
  set("do_lower_case", settings.lower_case, wanted.lower_case, rules);
  set("strip_accents", settings.strip_accents, wanted.strip_accents, rules);
  set("tokenize_chinese_chars", settings.blanks_around_ideographs, wanted.ideographs, rules);
  if (!own_accents && !settings.strip_accents) wanted.strip_accents = wanted.lower_case;
  state.bert = wanted;
  Normalizer normalizer;
  normalizer.add([wanted](AlignedText& text) { bert_normalise(text, wanted); });
  state.normalizer = std::move(normalizer);
  state.add_tokens({}, settings.place);
}

void note_parts_unlike_bert(Tokenizer::State& state, const Json& json,
                            const TokenizerSettings& settings) {
  if (!is_bert_class(settings) || settings.is_class({"MPNetTokenizer"})) return;
  const auto at = [&](const char* pointer, const Json& otherwise) {
    return json.value(Json::json_pointer(pointer), otherwise);
  };
  const bool lower = settings.lower_case.value_or(true);
  const bool accents = settings.strip_accents.value_or(lower);
  const AddedToken* unknown = settings.name("unk_token");
  const bool same_template =
      at("/post_processor/type", "") == "BertProcessing" ||
      (at("/post_processor/type", "") == "TemplateProcessing" &&
       template_text(at("/post_processor/single", Json::array())) == "*0 A0 *0 " &&
       template_text(at("/post_processor/pair", Json::array())) == "*0 A0 *0 B1 *1 ");
  const std::pair<const char*, bool> parts[] = {
      {"normalizer", at("/normalizer/type", "") == "BertNormalizer" &&
                         at("/normalizer/clean_text", true) == true && state.bert &&
                         state.bert->lower_case == lower && state.bert->strip_accents == accents},
      {"pre_tokenizer", at("/pre_tokenizer/type", "") == "BertPreTokenizer"},
      {"model",
       at("/model/type", "") == "WordPiece" &&
           at("/model/continuing_subword_prefix", "##") == "##" &&
           at("/model/max_input_chars_per_word", kMaxWordCharacters) == kMaxWordCharacters &&
           at("/model/unk_token", "") == (unknown ? unknown->content : "[UNK]")},
      {"post_processor", same_template}};
  std::string others;
  for (const auto& [name, same] : parts) {
    if (!same) others += (others.empty() ? "" : ", ") + std::string(name);
  }
  if (others.empty()) return;
  state.notes.push_back(state.source + ": " + others + " not as transformers 5 builds it for " +
                        settings.class_name + ": the file counts, as in transformers 4");
}

}  // namespace headscope
