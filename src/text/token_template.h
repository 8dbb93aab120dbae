// The "post_processor" of a tokenizer.json: which special tokens stand around texts A and B, which
// segment each has, and whether offsets leave out blanks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "format/json_fwd.h"

namespace headscope {

struct TemplateItem {
  enum Kind : uint8_t { kSpecial, kA, kB } kind = kSpecial;
  int32_t id = 0;  // kSpecial
  int32_t segment = 0;
};

struct TokenTemplate {
  std::vector<TemplateItem> single, pair;
  bool trims_offsets = false;     // blanks at a token's ends are no part of its offsets
  bool adds_prefix_space = true;  // then not the one that was put before the text

  const std::vector<TemplateItem>& items(bool is_pair) const { return is_pair ? pair : single; }
  int64_t added(bool is_pair) const;

  static TokenTemplate plain();  // A, A B; segments 0 and 1
  static TokenTemplate bert(int32_t cls, int32_t sep);
  static TokenTemplate roberta(int32_t cls, int32_t sep);
};

// `id_of` gives the id of a token. Throws Error(kBadInput) naming `source`.
TokenTemplate read_template(const Json& json,
                            const std::function<std::optional<int32_t>(const std::string&)>& id_of,
                            const std::string& source);

}  // namespace headscope
