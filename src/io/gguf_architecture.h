// Which model families GGUF files are read for: one table row an architecture, with the names that
// its tensors have there and at Hugging Face, and what undoes the converter's changes.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_fwd.h"
#include "io/gguf_file.h"

namespace headscope {

enum class GgufTransform {
  kNone,
  // llama.cpp turns neighbouring pairs (2i, 2i+1) in these families, Hugging Face (i, i + Dh/2), so
  // the converter reordered the rows of each head; undone by the inverse.
  kQueryRows,
  kKeyRows,
  kMinusOne,  // stored 1 + w: Gemma's norms multiply by 1 + w
  kTranspose  // stored [out, in] where GPT-2's Conv1D is [in, out]
};

// "{}" stands for the layer's number in both names.
struct GgufName {
  std::string_view gguf, hugging_face;
  GgufTransform transform = GgufTransform::kNone;
};

class GgufKeys;

struct GgufArchitecture {
  std::string_view name;        // general.architecture
  std::string_view model_type;  // of config.json
  std::string_view class_name;  // "LlamaForCausalLM"
  std::vector<std::span<const GgufName>> names;
  // Adds the family's own fields to the configuration; see gguf_config.cc.
  void (*configure)(const GgufKeys& keys, Json& config);
};

// Sorted by name.
std::span<const GgufArchitecture> gguf_architectures();
// Null where files of that architecture are not read.
const GgufArchitecture* find_gguf_architecture(std::string_view name);

// The Hugging Face name of a tensor, with what to do to it; nothing where the table has none.
struct TranslatedTensor {
  std::string name;
  GgufTransform transform;
};
std::optional<TranslatedTensor> translate_gguf_name(const GgufArchitecture& architecture,
                                                    std::string_view name);
// Tensors that say nothing the numbers need, or that the configuration has taken up.
bool is_gguf_extra(std::string_view name);

}  // namespace headscope
