// The "normalizer" of a tokenizer.json: steps that change a text before it is split.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "text/aligned_text.h"

namespace headscope {

class Normalizer {
 public:
  using Step = std::function<void(AlignedText&)>;
  void add(Step step) { steps_.push_back(std::move(step)); }
  // Throws Error(kBadInput) where the text grows beyond reason.
  void apply(AlignedText& text) const;
  bool empty() const { return steps_.empty(); }

 private:
  std::vector<Step> steps_;
};

struct BertNormalization {
  bool clean = true, ideographs = true, strip_accents = true, lower_case = true;
};
// Of a normalizer of type BertNormalizer.
BertNormalization read_bert_normalization(const Json& json, const std::string& source);
void bert_normalise(AlignedText& text, const BertNormalization& options);

// Throws Error(kBadInput) naming `source` and a type or a setting that headscope does not know.
Normalizer read_normalizer(const Json& json, const std::string& source);

}  // namespace headscope
