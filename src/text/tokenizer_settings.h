// What stands beside a vocabulary: tokenizer_config.json, special_tokens_map.json,
// added_tokens.json, and the class that config.json names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/json.h"
#include "headscope/tokenizer.h"
#include "text/added_tokens.h"

namespace headscope {

struct TokenizerSettings {
  std::string place;        // tokenizer_config.json with its folder, for errors
  bool has_config = false;  // there is one
  Json config = Json::object();
  std::string class_name;  // of the reference, without "Fast": "BertTokenizer"; "" = not said
  std::string model_type;  // config.json's
  std::optional<bool> lower_case, strip_accents, blanks_around_ideographs;
  // Names of special tokens, where a file gives them: "unk_token", …
  std::vector<std::pair<std::string, AddedToken>> names;
  std::vector<AddedToken> added;  // in the order of their ids, where they have one
  bool segments = true;           // the model takes token types
  bool target = false;            // of the decoder's texts

  const AddedToken* name(const std::string& key) const;
  bool is_class(std::initializer_list<std::string_view> classes) const;
  bool flag(const std::string& key, bool otherwise) const;
};

// Throws Error(kBadInput) naming the file.
TokenizerSettings read_settings(const TokenizerFiles& files);

// Throws Error(kBadInput, HS-TOKENIZER-01) for classes that are Python code and settings that
// change what BERT's tokenizer does.
void refuse_python_tokenizers(const TokenizerSettings& settings);

}  // namespace headscope
