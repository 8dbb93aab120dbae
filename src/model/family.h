// A family of models is a configuration reader and a table that says which tensor of a file plays
// which role. The code that loads and runs them is the same for all.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "model/config_reader.h"
#include "model/spec.h"

namespace headscope {

// What a tensor is for. Matrices and norms have a weight and, where the spec says so, a bias.
enum class Role {
  // The trunk, once.
  kWords,
  kPatches,     // [D, channels, side, side], what kWords is to texts
  kClassToken,  // [1, 1, D]
  kPositions,
  kSegments,
  kEmbeddingNorm,
  kEmbeddingProjection,
  kFinalNorm,
  kRelativeBias,   // [buckets, H]
  kRelativeTable,  // [2·span, D]
  kRelativeNorm,
  // The trunk, each layer.
  kAttentionNorm,
  kQuery,
  kKey,
  kValue,
  kQueryNorm,
  kKeyNorm,
  kRelativeKeyTable,  // [2·positions − 1, Dh]
  kPositionQuery,     // of the relative table, where it has matrices of its own
  kPositionKey,
  kSinks,  // [H]
  kAttentionOutput,
  kAttentionPostNorm,
  kCrossNorm,
  kCrossQuery,
  kCrossKey,
  kCrossValue,
  kCrossOutput,
  kFeedForwardNorm,
  kGate,
  kUp,
  kDown,
  kFeedForwardPostNorm,
  kRouter,
  kExpertsUp,        // [E, D, 2·F], gate and up alternate
  kExpertsUpBias,    // [E, 2·F]
  kExpertsDown,      // [E, F, D]
  kExpertsDownBias,  // [E, D]
  // Heads: not part of the trunk, never behind the base prefix unless the name says so.
  kPooler,
  kNextSentence,
  kHeadTransform,
  kHeadNorm,
  kHeadBias,
  kDecoder,
};

// How a matrix lies in the file.
enum class Layout {
  kRows,        // [out, in]; roles that share a tensor follow each other, one block of rows each
  kTransposed,  // [in, out], likewise
  kPerHead      // [H, parts, Dh, in]: the roles' rows alternate head by head
};

struct Row {
  Role role = Role::kWords;
  // "layer.{}.attention.self.query": {} is the layer's number. ".weight" and ".bias" are added for
  // matrices and norms ("gamma" and "beta" count too); sinks, experts and kHeadBias are whole
  // names. Several rows of one role are spellings, the first that a file has counts.
  std::string_view name;
  Layout layout = Layout::kRows;
};

// One table out of runs of rows, for families that share names.
template <size_t... N>
constexpr std::array<Row, (N + ...)> joined(const Row (&... runs)[N]) {
  std::array<Row, (N + ...)> all{};
  Row* next = all.data();
  ((next = std::copy(runs, runs + N, next)), ...);
  return all;
}

struct Family {
  std::string_view name;                          // "bert", ModelInfo::family
  std::span<const std::string_view> model_types;  // of config.json
  // Stands before the trunk's tensors in some files, not in others.
  std::span<const std::string_view> prefixes;
  std::span<const Row> rows;
  ModelSpec (*read)(const ConfigReader& config);
  // Of encoder–decoder models, whose encoder the rows above are: the decoder's own table.
  const Family* decoder = nullptr;
};

// What readers of several families share.

inline constexpr int64_t kMostLayers = 10'000;

// Sizes of heads that share the model's width evenly, and scores scaled by Dh^-1/2. Throws as
// ConfigReader::even_heads does.
void share_width(const ConfigReader& config, int64_t width, const char* width_name,
                 const char* heads_name, AttentionSpec& attention);
// Dh^-1/2, of the scaled dot product (Vaswani et al. 2017, section 3.2.1).
float score_scale(int64_t head_dim);
// `layers` copies of the block, each with weights of its own.
void repeat_block(BlockSpec block, int64_t layers, ModelSpec& spec);
// The masked-word head of BERT: a layer with a norm in front of the tied word embeddings.
void read_masked_head(const ConfigReader& config, const BlockSpec& block, ModelSpec& spec);

bool is_head(Role role);
bool is_per_layer(Role role);

// All families, in the order of the README's table.
std::span<const Family* const> families();
// The family of a configuration. Throws Error(kBadInput, HS-MODEL-02) naming the model type and
// those that headscope runs.
const Family& family_of(const ConfigReader& config);

}  // namespace headscope
