#include "io/gguf_tokenizer.h"

namespace headscope {
namespace {

const std::string kPrefix = "tokenizer.ggml.";

std::optional<std::string> text(const GgufFile& file, const std::string& key) {
  const auto found = file.text(key);
  if (!found) return std::nullopt;
  return std::string(*found);
}

std::vector<std::string> texts(const GgufFile& file, const std::string& key) {
  const auto views = file.texts(key);
  return {views.begin(), views.end()};
}

// The id under the first of `keys` that the file has.
std::optional<int64_t> token_id(const GgufFile& file, size_t tokens,
                                std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const std::string full = kPrefix + key;
    const auto id = file.integer(full);
    if (!id) continue;
    if (*id < 0 || *id >= static_cast<int64_t>(tokens)) {
      file.refuse(full, std::to_string(*id),
                  "the id of one of " + std::to_string(tokens) + " tokens");
    }
    return id;
  }
  return std::nullopt;
}

void require_length(const GgufFile& file, const std::string& key, size_t found, size_t tokens) {
  if (found == 0 || found == tokens) return;
  file.refuse(key, "an array of " + std::to_string(found),
              "one entry for each of " + std::to_string(tokens) + " tokens");
}

std::vector<GgufTokenType> token_types(const GgufFile& file, const std::string& key) {
  std::vector<GgufTokenType> types;
  for (const int64_t number : file.integers(key)) {
    if (number < static_cast<int64_t>(GgufTokenType::kNormal) ||
        number > static_cast<int64_t>(GgufTokenType::kByte)) {
      file.refuse(key, "an array with the type " + std::to_string(number), "types from 1 to 6");
    }
    types.push_back(static_cast<GgufTokenType>(number));
  }
  return types;
}

}  // namespace

std::optional<GgufTokenizer> read_gguf_tokenizer(const GgufFile& file) {
  const auto model = text(file, kPrefix + "model");
  if (!model) return std::nullopt;
  GgufTokenizer read;
  read.source = file.source();
  read.model = *model;
  read.pre = text(file, kPrefix + "pre");
  read.tokens = texts(file, kPrefix + "tokens");
  const size_t count = read.tokens.size();
  if (count == 0) file.refuse(kPrefix + "tokens", "empty or not there", "the vocabulary");
  read.scores = file.numbers(kPrefix + "scores");
  require_length(file, kPrefix + "scores", read.scores.size(), count);
  read.types = token_types(file, kPrefix + "token_type");
  require_length(file, kPrefix + "token_type", read.types.size(), count);
  read.merges = texts(file, kPrefix + "merges");
  read.bos = token_id(file, count, {"bos_token_id"});
  read.eos = token_id(file, count, {"eos_token_id"});
  read.unknown = token_id(file, count, {"unknown_token_id"});
  // The misspelling is the format's.
  read.separator = token_id(file, count, {"seperator_token_id", "separator_token_id"});
  read.padding = token_id(file, count, {"padding_token_id"});
  read.mask = token_id(file, count, {"mask_token_id"});
  read.cls = token_id(file, count, {"cls_token_id"});
  read.add_bos = file.boolean(kPrefix + "add_bos_token");
  read.add_eos = file.boolean(kPrefix + "add_eos_token");
  read.add_separator = file.boolean(kPrefix + "add_sep_token");
  read.add_space_prefix = file.boolean(kPrefix + "add_space_prefix");
  read.remove_extra_whitespaces = file.boolean(kPrefix + "remove_extra_whitespaces");
  read.lower_case = file.boolean(kPrefix + "normalizer.lowercase");
  const std::string charsmap = kPrefix + "precompiled_charsmap";
  for (const int64_t byte : file.integers(charsmap)) {
    read.precompiled_charsmap += static_cast<char>(byte);
  }
  read.chat_template = text(file, "tokenizer.chat_template");
  return read;
}

}  // namespace headscope
