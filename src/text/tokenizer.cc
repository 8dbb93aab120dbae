#include "headscope/tokenizer.h"

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "format/json.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "io/model_files.h"
#include "text/normalise.h"
#include "text/truncate.h"
#include "text/wordpiece.h"

namespace headscope {

namespace {

// The pieces of one text, before special tokens and truncation.
struct Pieces {
  std::vector<int32_t> ids;
  std::vector<Range> offsets;  // bytes of the text
  std::vector<int32_t> words;  // from 0
  size_t size() const { return ids.size(); }
  void add(int32_t id, Range offset, int32_t word) {
    ids.push_back(id);
    offsets.push_back(offset);
    words.push_back(word);
  }
};

int32_t require(const Vocabulary& vocabulary, const std::string& token, const std::string& source) {
  const auto id = vocabulary.id_of(token);
  if (!id) {
    throw Error(ErrorCode::kBadInput, source + " has no token '" + token + "'",
                "a BERT vocabulary with its special tokens",
                "Check that the vocabulary belongs to the model");
  }
  return *id;
}

// A special token in tokenizer_config.json is a string or an object with "content".
void read_name(const nlohmann::json& config, const char* key, std::string& name) {
  const auto found = config.find(key);
  if (found == config.end()) return;
  if (found->is_string()) name = *found;
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) {
    name = (*found)["content"];
  }
}

void read_config(const std::filesystem::path& path, TokenizerConfig& config) {
  const auto refuse = [&](const std::string& what, const std::string& expected) {
    return Error(ErrorCode::kBadInput, path.string() + ": " + what, expected);
  };
  const Json json = parse_json_file(path.string());
  if (!json.is_object()) throw refuse("not a JSON object", "a tokenizer_config.json");
  const auto flag = [&](const char* key, bool otherwise) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return otherwise;
    if (!found->is_boolean())
      throw refuse(std::string(key) + " is " + found->dump(), "true or false");
    return found->get<bool>();
  };
  config.lower_case = flag("do_lower_case", config.lower_case);
  if (flag("strip_accents", config.lower_case) != config.lower_case) {
    throw refuse("strip_accents differs from do_lower_case",
                 "strip_accents null or equal to do_lower_case (else not supported yet)");
  }
  if (!flag("tokenize_chinese_chars", true)) {
    throw refuse("tokenize_chinese_chars is false", "true (false is not supported yet)");
  }
  read_name(json, "unk_token", config.unk);
  read_name(json, "cls_token", config.cls);
  read_name(json, "sep_token", config.sep);
  read_name(json, "pad_token", config.pad);
  read_name(json, "mask_token", config.mask);
}

}  // namespace

struct Tokenizer::State {
  Vocabulary vocabulary;
  TokenizerConfig config;
  SpecialIds special;

  State(std::string_view vocab, TokenizerConfig wanted, const std::string& source)
      : vocabulary(vocab, source), config(std::move(wanted)) {
    special = {require(vocabulary, config.unk, source), require(vocabulary, config.cls, source),
               require(vocabulary, config.sep, source), require(vocabulary, config.pad, source),
               require(vocabulary, config.mask, source)};
  }

  // The special token written at text[pos], if any: its id and length.
  Vocabulary::Match special_at(std::string_view text, size_t pos) const {
    Vocabulary::Match best;
    const std::pair<const std::string*, int32_t> names[] = {{&config.unk, special.unk},
                                                            {&config.cls, special.cls},
                                                            {&config.sep, special.sep},
                                                            {&config.pad, special.pad},
                                                            {&config.mask, special.mask}};
    for (const auto& [name, id] : names) {
      if (name->size() > best.bytes && text.compare(pos, name->size(), *name) == 0) {
        best = {id, name->size()};
      }
    }
    return best;
  }

  void cut(std::string_view text, Range range, bool lower_case, Pieces& out) const {
    std::vector<Piece> pieces;
    for_each_word(text, range, lower_case, [&](const Word& word) {
      word_pieces(vocabulary, word.text, word.characters(), special.unk, pieces);
      const int32_t number = out.words.empty() ? 0 : out.words.back() + 1;
      size_t first = 0;
      for (const Piece& piece : pieces) {
        size_t last = first;
        while (last + 1 < word.characters() && word.starts[last + 1] < piece.end) ++last;
        out.add(piece.id, {word.sources[first].begin, word.sources[last].end}, number);
        first = last + 1;
      }
    });
  }

  // Special tokens typed in the text are cut out first, as written (the reference's added tokens).
  Pieces pieces_of(std::string_view text, bool lower_case) const {
    const char starts[] = {config.unk[0], config.cls[0], config.sep[0], config.pad[0],
                           config.mask[0]};
    Pieces out;
    size_t begin = 0;
    for (size_t pos = 0;
         (pos = text.find_first_of({starts, sizeof starts}, pos)) != std::string_view::npos;) {
      const Vocabulary::Match match = special_at(text, pos);
      if (match.id < 0) {
        ++pos;
        continue;
      }
      const auto from = static_cast<int64_t>(pos);
      cut(text, {static_cast<int64_t>(begin), from}, lower_case, out);
      out.add(match.id, {from, from + static_cast<int64_t>(match.bytes)},
              out.words.empty() ? 0 : out.words.back() + 1);
      begin = pos += match.bytes;
    }
    cut(text, {static_cast<int64_t>(begin), static_cast<int64_t>(text.size())}, lower_case, out);
    return out;
  }

  void add_special(TokenSequence& out, int32_t id, int32_t segment) const {
    add(out, id, segment, {0, 0}, true, -1);
  }
  void add(TokenSequence& out, int32_t id, int32_t segment, Range offset, bool is_special,
           int32_t word) const {
    out.tokens.push_back(vocabulary.tokens()[static_cast<size_t>(id)]);
    out.ids.push_back(id);
    out.segment_ids.push_back(segment);
    out.sentences.push_back(segment);
    out.offsets.push_back(offset);
    out.special.push_back(is_special);
    out.words.push_back(word);
  }
  void add_text(TokenSequence& out, const Pieces& pieces, int64_t count, int32_t segment,
                int32_t first_word) const {
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      add(out, pieces.ids[i], segment, pieces.offsets[i], false, first_word + pieces.words[i]);
    }
  }

  int64_t limit(const TokenizeOptions& options) const {
    if (!options.max_tokens) return config.max_positions;
    if (*options.max_tokens < 1 || *options.max_tokens > config.max_positions) {
      throw Error(ErrorCode::kUsage, "--max-tokens " + std::to_string(*options.max_tokens),
                  "1 to " + std::to_string(config.max_positions) + ", the model's positions");
    }
    return *options.max_tokens;
  }
};

Tokenizer::Tokenizer(std::string_view vocab, TokenizerConfig config, const std::string& source)
    : state_(std::make_unique<const State>(vocab, std::move(config), source)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

namespace {

int64_t position_limit(const std::string& directory) {
  const ModelConfigFile file = read_model_config(directory);
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  return int_field(file.config, "max_position_embeddings", file.source, 1, kMost);
}

}  // namespace

Tokenizer Tokenizer::from_directory(const std::string& directory,
                                    std::optional<int64_t> max_positions) {
  const std::string path = vocabulary_path(directory);
  const std::string vocabulary = read_file(path);
  TokenizerConfig config;
  config.max_positions = max_positions ? *max_positions : position_limit(directory);
  const std::filesystem::path settings = std::filesystem::path(directory) / "tokenizer_config.json";
  if (std::filesystem::exists(settings)) {
    read_config(settings, config);
  } else {
    config.lower_case = vocabulary_is_lower_case(directory, vocabulary);
  }
  return Tokenizer(vocabulary, std::move(config), path);
}

TokenSequence Tokenizer::encode(std::string_view a, std::optional<std::string_view> b,
                                const TokenizeOptions& options) const {
  const State& state = *state_;
  const bool lower_case = options.lower_case.value_or(state.config.lower_case);
  const int64_t limit = state.limit(options);
  const Pieces first = state.pieces_of(a, lower_case);
  const Pieces second = b ? state.pieces_of(*b, lower_case) : Pieces();
  const Lengths keep =
      truncated_lengths({static_cast<int64_t>(first.size()), static_cast<int64_t>(second.size())},
                        b.has_value(), b ? 3 : 2, limit, options.truncation);
  if (keep.a == 0 && !options.allow_empty) {
    throw Error(ErrorCode::kBadInput,
                first.size() == 0 ? "text A has no tokens" : "truncation leaves text A no tokens",
                "a text with at least one word");
  }
  TokenSequence out;
  out.text_a = to_valid_utf8(a);
  if (b) out.text_b = to_valid_utf8(*b);
  state.add_special(out, state.special.cls, 0);
  state.add_text(out, first, keep.a, 0, 0);
  state.add_special(out, state.special.sep, 0);
  if (b) {
    const int32_t words = keep.a == 0 ? 0 : first.words[static_cast<size_t>(keep.a) - 1] + 1;
    state.add_text(out, second, keep.b, 1, words);
    state.add_special(out, state.special.sep, 1);
  }
  return out;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  const SpecialIds& special = state_->special;
  std::string text;
  for (const int32_t id : ids) {
    const std::string& piece = token(id);
    if (skip_special && (id == special.cls || id == special.sep || id == special.pad ||
                         id == special.mask || id == special.unk)) {
      continue;
    }
    if (piece.size() > 2 && piece.starts_with("##")) {
      text += piece.substr(2);
    } else {
      if (!text.empty()) text += ' ';
      text += piece;
    }
  }
  // transformers 5, clean_up_tokenization.
  constexpr std::pair<std::string_view, std::string_view> kTidy[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kTidy) {
    for (size_t pos = 0; (pos = text.find(from, pos)) != std::string::npos; pos += to.size()) {
      text.replace(pos, from.size(), to);
    }
  }
  return text;
}

const TokenizerConfig& Tokenizer::config() const { return state_->config; }
const SpecialIds& Tokenizer::special() const { return state_->special; }
int64_t Tokenizer::vocab_size() const { return state_->vocabulary.size(); }

const std::string& Tokenizer::token(int32_t id) const {
  if (id < 0 || id >= vocab_size()) {
    throw Error(ErrorCode::kUsage, "token id " + std::to_string(id),
                "0 to " + std::to_string(vocab_size() - 1));
  }
  return state_->vocabulary.tokens()[static_cast<size_t>(id)];
}

std::optional<int32_t> Tokenizer::id_of(std::string_view token) const {
  return state_->vocabulary.id_of(token);
}

}  // namespace headscope
