// What the readers of several families share.
#include <cmath>

#include "model/family.h"

namespace headscope {

float score_scale(int64_t head_dim) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
}

void share_width(const ConfigReader& config, int64_t width, const char* width_name,
                 const char* heads_name, AttentionSpec& attention) {
  attention.head_dim = attention.value_dim =
      config.even_heads(width, attention.heads, width_name, heads_name);
  attention.rule.scale = score_scale(attention.head_dim);
}

void repeat_block(BlockSpec block, int64_t layers, ModelSpec& spec) {
  for (int64_t l = 0; l < layers; ++l) {
    block.weights_of = l;
    spec.blocks.push_back(block);
  }
}

void read_masked_head(const ConfigReader& config, const BlockSpec& block, ModelSpec& spec) {
  VocabularySpec& head = spec.vocabulary;
  head.kind = VocabularySpec::Kind::kMasked;
  head.transform = head.bias = true;
  head.tied = config.flag({"tie_word_embeddings"}, true);
  head.activation = block.feed_forward.activation;
  head.norm = block.norm;
  head.width = spec.width;
}

}  // namespace headscope
