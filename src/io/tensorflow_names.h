// What Google's BERT calls its variables, in the words of Hugging Face.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headscope {

struct TranslatedName {
  std::string name;        // "bert.encoder.layer.0.attention.self.query.weight"
  bool transpose = false;  // TensorFlow's kernels are [in, out]
};

// "bert/encoder/layer_0/attention/self/query/kernel", also below "module/" as TensorFlow Hub saves
// it. Nothing for what is no weight of BERT: optimizer slots, step counters, other heads.
std::optional<TranslatedName> translate_tensorflow_name(std::string_view name);

}  // namespace headscope
