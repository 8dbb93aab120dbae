#include "io/gguf_tokenizer_json.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {
namespace {

constexpr std::string_view kSpace = "\xe2\x96\x81";  // U+2581 stands for a space

// Llama 3's and Qwen 2's patterns, which differ in how many digits stay together.
constexpr std::string_view kBefore =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kBehind = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

Json byte_level(bool split) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", split}};
}

Json sequence(Json first, Json second) {
  return {{"type", "Sequence"}, {"pretokenizers", {std::move(first), std::move(second)}}};
}

Json pattern_split(std::string_view digits) {
  const std::string regex = std::string(kBefore).append(digits).append(kBehind);
  return {{"type", "Split"},
          {"pattern", {{"Regex", regex}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

struct PreTokenizer {
  std::string_view name;
  Json (*split)();
  bool ignore_merges;  // a piece that is a token is taken whole
  bool begins;         // the begin token is added where the file does not say
  bool nfc;            // the models' own tokenizer.json normalises; GGUF has no word for it
};
constexpr std::array<PreTokenizer, 4> kPreTokenizers = {{
    {"gpt-2", [] { return byte_level(true); }, false, false, false},
    {"smollm",
     [] { return sequence({{"type", "Digits"}, {"individual_digits", true}}, byte_level(true)); },
     false, false, false},
    {"llama-bpe", [] { return sequence(pattern_split("{1,3}"), byte_level(false)); }, true, true,
     false},
    {"qwen2", [] { return sequence(pattern_split(""), byte_level(false)); }, false, false, true},
}};

class Translation {
 public:
  explicit Translation(const GgufTokenizer& source) : source_(source) {}

  GgufTokenizerFiles run() {
    for (const std::string& token : source_.tokens) {
      if (find_invalid_utf8(token)) {
        refuse("tokens", "with a token that is not UTF-8", "texts");
      }
    }
    names_ = source_.tokens;
    if (source_.model == "gpt2") {
      byte_level_bpe();
    } else if (source_.model == "llama") {
      sentencepiece();
    } else if (source_.model == "bert") {
      word_piece();
    } else {
      refuse("model", source_.model, "gpt2, llama or bert");
    }
    json_["version"] = "1.0";
    json_["truncation"] = json_["padding"] = Json();
    json_["added_tokens"] = added_tokens();
    return {dump_json(json_), dump_json(configuration())};
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& got,
                           const std::string& expected) const {
    throw Error(ErrorCode::kBadInput,
                source_.source + ": tokenizer.ggml." + key + " is " + to_valid_utf8(got), expected,
                "Give the model's own tokenizer with --tokenizer DIR, or run it on --ids",
                "HS-MODEL-01");
  }

  GgufTokenType type_of(size_t id) const {
    return source_.types.empty() ? GgufTokenType::kNormal : source_.types[id];
  }

  // The names by id; a name that occurs twice means its first id.
  Json vocabulary() const {
    Json vocabulary = Json::object();
    for (size_t id = 0; id < names_.size(); ++id) vocabulary.emplace(names_[id], id);
    return vocabulary;
  }

  void byte_level_bpe() {
    const std::string wanted = source_.pre.value_or("not there");
    std::string known;
    const PreTokenizer* pre = nullptr;
    for (const PreTokenizer& row : kPreTokenizers) {
      known += (known.empty() ? "" : ", ") + std::string(row.name);
      if (row.name == wanted) pre = &row;
    }
    if (!pre) refuse("pre", wanted, "a way to split that is known: " + known);
    Json merges = Json::array();
    for (const std::string& merge : source_.merges) {
      const size_t space = merge.find(' ', 1);
      if (space == std::string::npos) refuse("merges", "with '" + merge + "'", "pairs of tokens");
      merges.push_back({merge.substr(0, space), merge.substr(space + 1)});
    }
    json_["normalizer"] = pre->nfc ? Json({{"type", "NFC"}}) : Json();
    json_["pre_tokenizer"] = pre->split();
    json_["decoder"] = byte_level(true);
    json_["model"] = bpe(std::move(merges), pre->ignore_merges);
    template_of(source_.add_bos.value_or(pre->begins), source_.add_eos.value_or(false));
  }

  Json bpe(Json merges, bool ignore_merges) const {
    return {{"type", "BPE"},
            {"dropout", Json()},
            {"unk_token", Json()},
            {"continuing_subword_prefix", Json()},
            {"end_of_word_suffix", Json()},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", ignore_merges},
            {"vocab", vocabulary()},
            {"merges", std::move(merges)}};
  }

  void sentencepiece() {
    const bool prefix = source_.add_space_prefix.value_or(true);
    // User-defined tokens of several spaces are stored with real ones.
    for (size_t id = 0; id < names_.size(); ++id) {
      if (type_of(id) == GgufTokenType::kUserDefined && !prefix) replace_spaces(names_[id]);
    }
    Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpace}};
    json_["normalizer"] = replace;
    if (prefix) {
      Json prepend = {{"type", "Prepend"}, {"prepend", kSpace}};
      json_["normalizer"] = {{"type", "Sequence"},
                             {"normalizers", {std::move(prepend), std::move(replace)}}};
    }
    json_["pre_tokenizer"] = Json();
    Json decoders = {{{"type", "Replace"}, {"pattern", {{"String", kSpace}}}, {"content", " "}},
                     {{"type", "ByteFallback"}},
                     {{"type", "Fuse"}}};
    if (prefix) {
      decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    }
    json_["decoder"] = {{"type", "Sequence"}, {"decoders", std::move(decoders)}};
    Json model = bpe(merges_by_score(), false);
    model["byte_fallback"] = model["fuse_unk"] = true;
    if (source_.unknown) model["unk_token"] = name_of(*source_.unknown);
    json_["model"] = std::move(model);
    template_of(source_.add_bos.value_or(true), source_.add_eos.value_or(false));
  }

  static void replace_spaces(std::string& text) {
    for (size_t at = 0; (at = text.find(' ', at)) != std::string::npos; at += kSpace.size()) {
      text.replace(at, 1, kSpace);
    }
  }

  // Every pair of tokens that makes a token: the best score first; among equal scores the longer
  // left part first, then the longer right part.
  Json merges_by_score() const {
    struct Merge {
      float score;
      int64_t left_length, right_length;
      std::string_view left, right;
    };
    if (source_.scores.empty()) refuse("scores", "not there", "one score a token");
    std::unordered_map<std::string_view, size_t> ids;
    for (size_t id = 0; id < names_.size(); ++id) {
      const bool joined = type_of(id) == GgufTokenType::kNormal;
      if (joined) ids.emplace(names_[id], id);
    }
    std::vector<Merge> merges;
    for (const auto& [token, id] : ids) {
      const std::vector<size_t> starts = character_starts(token);
      const auto count = static_cast<int64_t>(starts.size());
      for (int64_t i = 1; i < count; ++i) {
        const std::string_view left = token.substr(0, starts[static_cast<size_t>(i)]);
        const std::string_view right = token.substr(left.size());
        if (!ids.contains(left) || !ids.contains(right)) continue;
        merges.push_back({source_.scores[id], i, count - i, left, right});
      }
    }
    std::sort(merges.begin(), merges.end(), [&](const Merge& a, const Merge& b) {
      return std::tuple(-a.score, -a.left_length, -a.right_length, ids.at(a.left),
                        ids.at(a.right)) <
             std::tuple(-b.score, -b.left_length, -b.right_length, ids.at(b.left), ids.at(b.right));
    });
    Json list = Json::array();
    for (const Merge& merge : merges) list.push_back({merge.left, merge.right});
    return list;
  }

  static std::vector<size_t> character_starts(std::string_view token) {
    std::vector<size_t> starts;
    for (size_t at = 0; at < token.size(); at += read_utf8(token, at).bytes) starts.push_back(at);
    return starts;
  }

  void word_piece() {
    for (size_t id = 0; id < names_.size(); ++id) {
      std::string& name = names_[id];
      if (type_of(id) == GgufTokenType::kControl || type_of(id) == GgufTokenType::kUnknown ||
          type_of(id) == GgufTokenType::kUnused) {
        continue;
      }
      name = name.starts_with(kSpace) ? name.substr(kSpace.size()) : "##" + name;
    }
    json_["normalizer"] = {{"type", "BertNormalizer"},
                           {"clean_text", true},
                           {"handle_chinese_chars", true},
                           {"strip_accents", Json()},
                           {"lowercase", source_.lower_case.value_or(true)}};
    json_["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    json_["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
    if (!source_.unknown) refuse("unknown_token_id", "not there", "the id of [UNK]");
    constexpr int kLongestWord = 100;
    json_["model"] = {{"type", "WordPiece"},
                      {"unk_token", name_of(*source_.unknown)},
                      {"continuing_subword_prefix", "##"},
                      {"max_input_chars_per_word", kLongestWord},
                      {"vocab", vocabulary()}};
    // Files of 2024 name [CLS] and [SEP], later ones a begin and an end token.
    const auto begin = source_.cls ? source_.cls : source_.bos;
    const auto end = source_.separator ? source_.separator : source_.eos;
    if (!begin) refuse("bos_token_id", "not there", "the id of [CLS]");
    if (!end) refuse("eos_token_id", "not there", "the id of [SEP]");
    processor({special(*begin, 0), text("A", 0), special(*end, 0)},
              {special(*begin, 0), text("A", 0), special(*end, 0), text("B", 1), special(*end, 1)},
              {*begin, *end});
  }

  // Begin and end tokens as the file says; a second text has its own, as in transformers.
  void template_of(bool begins, bool ends) {
    if (begins && !source_.bos) refuse("bos_token_id", "not there", "the begin token");
    if (ends && !source_.eos) refuse("eos_token_id", "not there", "the end token");
    Json single = Json::array(), pair = Json::array();
    std::vector<int64_t> used;
    if (begins) used.push_back(*source_.bos);
    if (ends) used.push_back(*source_.eos);
    for (const int64_t part : {0, 1}) {
      Json pieces = Json::array();
      if (begins) pieces.push_back(special(*source_.bos, part));
      pieces.push_back(text(part == 0 ? "A" : "B", part));
      if (ends) pieces.push_back(special(*source_.eos, part));
      for (Json& piece : pieces) {
        if (part == 0) single.push_back(piece);
        pair.push_back(std::move(piece));
      }
    }
    processor(std::move(single), std::move(pair), used);
  }

  Json special(int64_t id, int64_t type) const {
    return {{"SpecialToken", {{"id", name_of(id)}, {"type_id", type}}}};
  }
  static Json text(const char* name, int64_t type) {
    return {{"Sequence", {{"id", name}, {"type_id", type}}}};
  }

  void processor(Json single, Json pair, const std::vector<int64_t>& used) {
    Json specials = Json::object();
    for (const int64_t id : used) {
      specials[name_of(id)] = {{"id", name_of(id)}, {"ids", {id}}, {"tokens", {name_of(id)}}};
    }
    json_["post_processor"] = {{"type", "TemplateProcessing"},
                               {"single", std::move(single)},
                               {"pair", std::move(pair)},
                               {"special_tokens", std::move(specials)}};
  }

  // Control, unknown and user-defined tokens are matched in the text before anything else.
  Json added_tokens() const {
    const bool normalised = source_.model == "llama" && !source_.add_space_prefix.value_or(true);
    Json added = Json::array();
    for (size_t id = 0; id < names_.size(); ++id) {
      const GgufTokenType type = type_of(id);
      const bool control = type == GgufTokenType::kControl || type == GgufTokenType::kUnknown;
      if ((!control && type != GgufTokenType::kUserDefined) || names_[id].empty()) continue;
      added.push_back({{"id", id},
                       {"content", names_[id]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", !control && normalised},
                       {"special", control}});
    }
    return added;
  }

  Json configuration() const {
    Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
    const auto cls = source_.model == "bert" && !source_.cls ? source_.bos : source_.cls;
    const auto separator =
        source_.model == "bert" && !source_.separator ? source_.eos : source_.separator;
    const bool bert = source_.model == "bert";
    for (const auto& [name, id] : {std::pair{"bos_token", bert ? std::nullopt : source_.bos},
                                   {"eos_token", bert ? std::nullopt : source_.eos},
                                   {"unk_token", source_.unknown},
                                   {"sep_token", separator},
                                   {"pad_token", source_.padding},
                                   {"cls_token", cls},
                                   {"mask_token", source_.mask}}) {
      if (id) config[name] = name_of(*id);
    }
    if (source_.chat_template && !find_invalid_utf8(*source_.chat_template)) {
      config["chat_template"] = *source_.chat_template;
    }
    return config;
  }

  const std::string& name_of(int64_t id) const { return names_[static_cast<size_t>(id)]; }

  const GgufTokenizer& source_;
  std::vector<std::string> names_;  // by id, as tokenizer.json spells them
  Json json_;
};

}  // namespace

GgufTokenizerFiles gguf_tokenizer_files(const GgufTokenizer& tokenizer) {
  return Translation(tokenizer).run();
}

}  // namespace headscope
