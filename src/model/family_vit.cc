// ViT (Dosovitskiy et al. 2021): squares of a picture as tokens, pre-norm, no mask. Its hidden
// states are those before the last norm, which only its classifier reads.
#include <tuple>

#include "format/json.h"
#include "model/families.h"

namespace headscope {

namespace {

using namespace std::string_view_literals;

// One number, or one for each side.
std::pair<int64_t, int64_t> sides(const ConfigReader& config, const char* name) {
  const Json* found = config.find({name});
  if (!found || !found->is_array()) {
    const int64_t side = config.size({name}, {}, 1 << 14);
    return {side, side};
  }
  const bool two = found->size() == 2 && (*found)[0].is_number_integer() &&
                   (*found)[1].is_number_integer() && (*found)[0] > 0 && (*found)[1] > 0 &&
                   (*found)[0] <= 1 << 14 && (*found)[1] <= 1 << 14;
  if (!two) config.refuse(std::string(name) + " is " + describe(*found), "a side, or two");
  return {(*found)[0].get<int64_t>(), (*found)[1].get<int64_t>()};
}

ModelSpec read_vit(const ConfigReader& config) {
  ModelSpec spec;
  spec.family = "vit";
  spec.width = config.size({"hidden_size"});
  PatchSpec patches;
  patches.channels = config.size({"num_channels"}, 3, 64);
  std::tie(patches.height, patches.width) = sides(config, "image_size");
  const auto side = sides(config, "patch_size");
  patches.side = side.first;
  if (side.first != side.second || patches.height % patches.side != 0 ||
      patches.width % patches.side != 0) {
    config.refuse("patch_size " + std::to_string(side.first) + " × " + std::to_string(side.second) +
                      " of pictures of " + std::to_string(patches.height) + " × " +
                      std::to_string(patches.width),
                  "squares that tile the picture");
  }
  spec.embedding.patches = patches;
  spec.embedding.width = spec.width;
  spec.positions = patches.tokens();
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.size({"num_attention_heads"});
  share_width(config, spec.width, "hidden_size", "num_attention_heads", attention);
  attention.qkv_bias = config.flag({"qkv_bias"}, true);
  block.feed_forward.inner = config.size({"intermediate_size"});
  block.feed_forward.activation = config.activation({"hidden_act"}, "gelu");
  block.norm.eps = config.eps({"layer_norm_eps"}, 1e-12);
  block.placement = NormPlacement::kBefore;
  const int64_t layers = config.size({"num_hidden_layers"}, {}, kMostLayers);
  repeat_block(block, layers, spec);
  return spec;
}

constexpr std::string_view kTypes[] = {"vit"sv};
constexpr std::string_view kPrefixes[] = {"vit."sv, ""sv};
constexpr Row kRows[] = {
    {Role::kPatches, "embeddings.patch_embeddings.projection"},
    {Role::kClassToken, "embeddings.cls_token"},
    {Role::kPositions, "embeddings.position_embeddings"},
    {Role::kAttentionNorm, "encoder.layer.{}.layernorm_before"},
    {Role::kQuery, "encoder.layer.{}.attention.attention.query"},
    {Role::kKey, "encoder.layer.{}.attention.attention.key"},
    {Role::kValue, "encoder.layer.{}.attention.attention.value"},
    {Role::kAttentionOutput, "encoder.layer.{}.attention.output.dense"},
    {Role::kFeedForwardNorm, "encoder.layer.{}.layernorm_after"},
    {Role::kUp, "encoder.layer.{}.intermediate.dense"},
    {Role::kDown, "encoder.layer.{}.output.dense"},
};

}  // namespace

const Family kVit{"vit", kTypes, kPrefixes, kRows, read_vit};

}  // namespace headscope
