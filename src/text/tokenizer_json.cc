#include "text/tokenizer_json.h"

#include <algorithm>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr int64_t kMostIds = 1 << 24;

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected, "Give token ids with --ids",
              "HS-TOKENIZER-01");
}

// {"token": id} → tokens by id.
std::vector<std::string> read_vocabulary(const Json& json, const std::string& source) {
  const Json& map = object_field(json, "vocab", source);
  std::vector<std::string> tokens;
  // An id is never taken as a length unchecked: it could be any number.
  const int64_t most = static_cast<int64_t>(map.size()) * 2 + 1000;
  for (const auto& [token, id] : map.items()) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > most) {
      refuse(source, "the id of \"" + token + "\" is " + id.dump(),
             "whole numbers up to the number of tokens");
    }
    const auto at = id.get<size_t>();
    if (at >= tokens.size()) tokens.resize(std::max(at + 1, tokens.size() * 2));
    if (!tokens[at].empty()) {
      refuse(source, "\"" + token + "\" and \"" + tokens[at] + "\" have one id",
             "an id for each token");
    }
    tokens[at] = token;
  }
  while (!tokens.empty() && tokens.back().empty()) tokens.pop_back();
  return tokens;
}

std::optional<int32_t> unknown_id(const Json& json, const Vocabulary& vocabulary,
                                  const std::string& source, bool required) {
  const Json* field = find_field(json, "unk_token", source);
  const auto id = field ? vocabulary.id_of(string_field(json, "unk_token", source)) : std::nullopt;
  if (!id && (required || field)) {
    refuse(source, "the vocabulary lacks the unknown token", "the token that unk_token names");
  }
  return id;
}

BpeModel::Merges read_merges(const Json& json, const Vocabulary& vocabulary, size_t prefix,
                             const std::string& source) {
  BpeModel::Merges merges;
  int32_t rank = 0;
  for (const Json& entry : array_field(json, "merges", source)) {
    std::string left, right;
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
      left = entry[0].get<std::string>();
      right = entry[1].get<std::string>();
    } else if (entry.is_string()) {
      const std::string line = entry.get<std::string>();
      const size_t blank = line.find(' ');
      if (blank == std::string::npos || line.find(' ', blank + 1) != std::string::npos) {
        refuse(source, "the merge \"" + line + "\"", "two tokens and a blank between them");
      }
      left = line.substr(0, blank);
      right = line.substr(blank + 1);
    } else {
      refuse(source, "a merge that is " + describe(entry), "two tokens");
    }
    add_merge(merges, vocabulary, left, right, prefix, rank++, source);
  }
  return merges;
}

std::string text_or_empty(const Json& json, const char* key, const std::string& source) {
  return string_field(json, key, source, "");
}

void read_bpe(Tokenizer::State& out, const Json& json, const std::string& source) {
  const double dropout = number_field(json, "dropout", source, 0.0);
  if (dropout != 0)
    refuse(source, "dropout " + std::to_string(dropout), "none: ids are not random");
  BpeModel::Options options;
  options.prefix = text_or_empty(json, "continuing_subword_prefix", source);
  options.suffix = text_or_empty(json, "end_of_word_suffix", source);
  options.fuse_unknown = bool_field(json, "fuse_unk", source, false);
  options.byte_fallback = bool_field(json, "byte_fallback", source, false);
  options.ignore_merges = bool_field(json, "ignore_merges", source, false);
  out.vocabulary = std::make_unique<Vocabulary>(read_vocabulary(json, source), source, "");
  options.unknown = unknown_id(json, *out.vocabulary, source, false);
  BpeModel::Merges merges = read_merges(json, *out.vocabulary, options.prefix.size(), source);
  out.model = std::make_unique<BpeModel>(*out.vocabulary, std::move(merges), std::move(options));
}

void read_unigram(Tokenizer::State& out, const Json& json, const std::string& source) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  for (const Json& entry : array_field(json, "vocab", source)) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      refuse(source, "an entry of the vocabulary that is " + describe(entry), "[token, score]");
    }
    tokens.push_back(entry[0].get<std::string>());
    scores.push_back(entry[1].get<double>());
  }
  const auto last = static_cast<int64_t>(tokens.size()) - 1;
  std::optional<int32_t> unknown;
  if (find_field(json, "unk_id", source)) {
    unknown = static_cast<int32_t>(int_field(json, "unk_id", source, 0, last));
  }
  out.vocabulary = std::make_unique<Vocabulary>(std::move(tokens), source, "");
  out.model = std::make_unique<UnigramModel>(*out.vocabulary, std::move(scores), unknown,
                                             bool_field(json, "byte_fallback", source, false));
}

void read_model(Tokenizer::State& out, const Json& json, const std::string& source) {
  // Files of the first versions name no type: they hold BPE, or Unigram's list.
  const Json& vocab = json.contains("vocab") ? json["vocab"] : json;
  const std::string type = string_field(json, "type", source,
                                        json.contains("merges") ? "BPE"
                                        : vocab.is_array()      ? "Unigram"
                                                                : "");
  if (type == "WordPiece") {
    const std::string inside = string_field(json, "continuing_subword_prefix", source, "##");
    out.vocabulary = std::make_unique<Vocabulary>(read_vocabulary(json, source), source, inside);
    const auto longest = static_cast<size_t>(
        int_field(json, "max_input_chars_per_word", source, 0, kMostIds, kMaxWordCharacters));
    out.model = std::make_unique<WordPieceModel>(
        *out.vocabulary, *unknown_id(json, *out.vocabulary, source, true), longest);
  } else if (type == "BPE") {
    read_bpe(out, json, source);
  } else if (type == "Unigram") {
    read_unigram(out, json, source);
  } else if (type == "WordLevel") {
    out.vocabulary = std::make_unique<Vocabulary>(read_vocabulary(json, source), source, "");
    out.model = std::make_unique<WordLevelModel>(*out.vocabulary,
                                                 unknown_id(json, *out.vocabulary, source, false));
  } else {
    refuse(source, "a model of type \"" + type + "\"", "WordPiece, BPE, Unigram or WordLevel");
  }
}

std::vector<AddedToken> read_added(const Json& json, const std::string& source) {
  std::vector<AddedToken> out;
  if (!find_field(json, "added_tokens", source)) return out;
  for (const Json& entry : array_field(json, "added_tokens", source)) {
    AddedToken token = read_added_token(entry, source);
    token.id = static_cast<int32_t>(int_field(entry, "id", source, 0, kMostIds));
    out.push_back(std::move(token));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return out;
}

// How tokens are written, as the decoder says.
Decoding read_decoding(const Json& json, const std::string& source) {
  if (json.is_null()) return Decoding::kPlain;
  const std::string type = string_field(json, "type", source);
  if (type == "WordPiece") return Decoding::kWordPiece;
  if (type == "ByteLevel") return Decoding::kByteLetters;
  if (type == "Sequence") {
    for (const Json& one : array_field(json, "decoders", source)) {
      const Decoding found = read_decoding(one, source);
      if (found != Decoding::kPlain) return found;
    }
  }
  return type == "Metaspace" || type == "Replace" ? Decoding::kMetaspace : Decoding::kPlain;
}

const Json& part(const Json& json, const char* key) {
  static const Json kNone;
  const auto found = json.find(key);
  return found == json.end() ? kNone : *found;
}

}  // namespace

AddedToken read_added_token(const Json& json, const std::string& source) {
  AddedToken token;
  token.id = -1;
  token.content = string_field(json, "content", source);
  token.single_word = bool_field(json, "single_word", source, false);
  token.lstrip = bool_field(json, "lstrip", source, false);
  token.rstrip = bool_field(json, "rstrip", source, false);
  token.special = bool_field(json, "special", source, false);
  token.normalized = bool_field(json, "normalized", source, !token.special);
  return token;
}

void add_merge(BpeModel::Merges& merges, const Vocabulary& vocabulary, const std::string& left,
               const std::string& right, size_t prefix, int32_t rank, const std::string& source) {
  const auto a = vocabulary.id_of(left), b = vocabulary.id_of(right);
  const auto whole =
      prefix <= right.size() ? vocabulary.id_of(left + right.substr(prefix)) : std::nullopt;
  if (!a || !b || !whole) {
    refuse(source, "the merge \"" + left + " " + right + "\" of tokens that the vocabulary lacks",
           "both and what they become in the vocabulary");
  }
  merges[BpeModel::pair_key(*a, *b)] = {rank, *whole};
}

std::unique_ptr<Tokenizer::State> read_tokenizer_json(const std::string& text,
                                                      const std::string& source) {
  return tokenizer_of(parse_json(text, source), source);
}

std::unique_ptr<Tokenizer::State> tokenizer_of(const Json& json, const std::string& source) {
  if (!json.is_object()) refuse(source, describe(json), "a JSON object");
  auto state = std::make_unique<Tokenizer::State>();
  state->source = source;
  read_model(*state, object_field(json, "model", source), source);
  const Json& normalizer = part(json, "normalizer");
  state->normalizer = read_normalizer(normalizer, source);
  const Json& words = part(json, "pre_tokenizer");
  state->pre_tokenizer = read_pre_tokenizer(words, source);
  if (normalizer.is_object() && normalizer.value("type", "") == "BertNormalizer") {
    state->bert = read_bert_normalization(normalizer, source);
    state->bert_words = words.is_object() && words.value("type", "") == "BertPreTokenizer" &&
                        dynamic_cast<const WordPieceModel*>(state->model.get()) != nullptr;
  }
  state->decoding = read_decoding(part(json, "decoder"), source);
  const Json& truncation = part(json, "truncation");
  state->truncates_left =
      truncation.is_object() && string_field(truncation, "direction", source, "Right") == "Left";
  state->add_tokens(read_added(json, source), source);
  state->template_ = read_template(
      part(json, "post_processor"), [&](const std::string& token) { return state->id_of(token); },
      source);
  return state;
}

}  // namespace headscope
