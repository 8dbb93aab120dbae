#include "io/tensorflow_names.h"

#include <array>

namespace headscope {
namespace {

struct Leaf {
  std::string_view tensorflow, hugging_face;
  bool transpose;
};
// The last part of a variable's name. output_weights (next-sentence head) is [2, D] in both.
constexpr std::array<Leaf, 9> kLeaves = {
    {{"kernel", "weight", true},
     {"bias", "bias", false},
     {"gamma", "weight", false},
     {"beta", "bias", false},
     {"output_weights", "weight", false},
     {"output_bias", "bias", false},
     {"word_embeddings", "word_embeddings.weight", false},
     {"position_embeddings", "position_embeddings.weight", false},
     {"token_type_embeddings", "token_type_embeddings.weight", false}}};

constexpr std::string_view kLayer = "layer_";

}  // namespace

std::optional<TranslatedName> translate_tensorflow_name(std::string_view name) {
  constexpr std::string_view kHubPrefix = "module/";
  if (name.starts_with(kHubPrefix)) name.remove_prefix(kHubPrefix.size());
  if (!name.starts_with("bert/") && !name.starts_with("cls/")) return std::nullopt;
  TranslatedName result;
  for (size_t slash; (slash = name.find('/')) != std::string_view::npos;) {
    const std::string_view part = name.substr(0, slash);
    if (part.starts_with(kLayer)) {
      result.name += "layer." + std::string(part.substr(kLayer.size()));
    } else {
      result.name += part;
    }
    result.name += '.';
    name.remove_prefix(slash + 1);
  }
  for (const Leaf& leaf : kLeaves) {
    if (leaf.tensorflow != name) continue;
    result.name += leaf.hugging_face;
    result.transpose = leaf.transpose;
    return result;
  }
  return std::nullopt;
}

}  // namespace headscope
