#include "model/transformer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "headscope/error.h"
#include "kernels/attention.h"
#include "kernels/tile_support.h"
#include "model/position_bias.h"

namespace headscope {

namespace {
constexpr int64_t kOnce = WeightTable::kNoLayer;

// Position p at frequency f: sin(p·f) of all frequencies 10000^(−2c/E), then their cosines (Marian;
// Vaswani et al. 2017 alternate them). [rows, width]
Buffer sinusoids(int64_t rows, int64_t width) {
  Buffer table(static_cast<size_t>(rows * width));
  const int64_t sines = (width + 1) / 2;
  for (int64_t p = 0; p < rows; ++p) {
    for (int64_t c = 0; c < width; ++c) {
      const int64_t frequency = c < sines ? c : c - sines;
      const double angle =
          static_cast<double>(p) /
          std::pow(10000.0, 2.0 * static_cast<double>(frequency) / static_cast<double>(width));
      table.data()[p * width + c] =
          static_cast<float>(c < sines ? std::sin(angle) : std::cos(angle));
    }
  }
  return table;
}

}  // namespace

void Transformer::load_embeddings() {
  const EmbeddingSpec& spec = spec_.embedding;
  const int64_t e = spec.width;
  if (spec.patches) return load_patches(*spec.patches);
  table_.expect(Role::kWords, words_name_, kOnce, {spec.vocab, e});
  if (spec.sinusoids) {
    positions_ = sinusoids(spec.position_rows, e);
  } else if (spec.position_rows > 0) {
    positions_ = table_.table(Role::kPositions, kOnce, {spec.position_rows, e});
  }
  if (spec.segments > 0) segments_ = table_.table(Role::kSegments, kOnce, {spec.segments, e});
  if (spec.norm) embedding_norm_ = table_.norm(Role::kEmbeddingNorm, kOnce, *spec.norm, e);
  if (!spec.projection) return;
  Buffer scratch;
  const Output output{Role::kEmbeddingProjection, spec_.width};
  projection_ = table_.linear({&output, 1}, kOnce, e, spec.projection_bias, scratch);
}

namespace {

struct AttentionRoles {
  Role norm, query, key, value, output;
};
constexpr AttentionRoles kSelf{Role::kAttentionNorm, Role::kQuery, Role::kKey, Role::kValue,
                               Role::kAttentionOutput};
constexpr AttentionRoles kCross{Role::kCrossNorm, Role::kCrossQuery, Role::kCrossKey,
                                Role::kCrossValue, Role::kCrossOutput};

const AttentionRoles& roles_of(bool cross) { return cross ? kCross : kSelf; }

}  // namespace

void Transformer::load_patches(const PatchSpec& spec) {
  const int64_t d = spec_.width;
  const float* weight =
      table_.weight(Role::kPatches, kOnce, {d, spec.channels, spec.side, spec.side});
  const float* bias = table_.bias(Role::kPatches, kOnce, {d});
  const float* token = table_.bare(Role::kClassToken, kOnce, {1, 1, d});
  const float* positions = table_.bare(Role::kPositions, kOnce, {1, spec.tokens(), d});
  if (!table_.is_reading()) return;
  const auto copy = [](const float* from, int64_t count, Buffer& to) {
    std::copy_n(from, count, to.reserve(static_cast<size_t>(count)));
  };
  const Linear::Part part{weight, bias, d};
  Buffer scratch;
  patches_ = Linear({&part, 1}, spec.square(), scratch);
  copy(token, d, class_token_);
  copy(positions, spec.tokens() * d, positions_);
}

AttentionWeights Transformer::load_attention(const BlockSpec& block, const AttentionSpec& spec,
                                             int64_t number, const Packing& packing) const {
  const AttentionRoles& roles = roles_of(spec.cross);
  const int64_t d = spec_.width;
  AttentionWeights weights;
  const Output qkv[] = {{roles.query, spec.query_width(), spec.head_dim},
                        {roles.key, spec.key_width(), spec.head_dim},
                        {roles.value, spec.value_width(), spec.value_dim}};
  const std::span<const Output> all(qkv);
  weights.qkv = table_.linear(spec.cross ? all.first(1) : all, number, d, spec.qkv_bias,
                              packing.scratch, packing.kind);
  if (spec.cross) {
    weights.memory = table_.linear(all.subspan(1), number, spec_.memory_width, spec.qkv_bias,
                                   packing.scratch, packing.kind);
  }
  const Output output{roles.output, d};
  weights.output = table_.linear({&output, 1}, number, spec.context_width(), spec.output_bias,
                                 packing.scratch, packing.kind);
  if (spec.qk_norm) {
    weights.query_norm = table_.norm(Role::kQueryNorm, number, *spec.qk_norm, spec.head_dim);
    weights.key_norm = table_.norm(Role::kKeyNorm, number, *spec.qk_norm, spec.head_dim);
  }
  if (spec.rule.sinks) {
    const float* sinks = table_.bare(Role::kSinks, number, {spec.heads});
    float* to = weights.sinks.reserve(static_cast<size_t>(spec.heads));
    if (sinks) std::copy_n(sinks, spec.heads, to);
  }
  if (block.attention_norm) weights.norm = table_.norm(roles.norm, number, block.norm, d);
  if (block.placement == NormPlacement::kBoth) {
    weights.post_norm = table_.norm(Role::kAttentionPostNorm, number, block.norm, d);
  }
  load_position_products(spec, number, packing.scratch, weights);
  return weights;
}

// The distance embeddings, projected as queries or keys are, one product a head.
void Transformer::load_position_products(const AttentionSpec& spec, int64_t number, Buffer& scratch,
                                         AttentionWeights& weights) const {
  const int64_t width = spec.head_dim;
  const auto per_head = [&](const float* table, int64_t rows, int64_t stride) {
    std::vector<Linear> products;
    std::vector<float> head(static_cast<size_t>(rows * width));
    for (int64_t h = 0; h < spec.heads; ++h) {
      for (int64_t r = 0; r < rows; ++r) {
        std::copy_n(table + r * stride + h * width, width, head.data() + r * width);
      }
      const Linear::Part part{head.data(), nullptr, rows};
      products.emplace_back(std::span(&part, 1), width, scratch);
    }
    return products;
  };
  if (spec.bias == PositionBias::kRelativeKey) {
    const int64_t rows = 2 * spec_.positions - 1;
    const Buffer table = table_.table(Role::kRelativeKeyTable, number, {rows, width});
    if (!table_.is_reading()) return;
    // One table for all heads.
    const Linear::Part part{table.data(), nullptr, rows};
    for (int64_t h = 0; h < spec.heads; ++h) {
      weights.position_keys.emplace_back(std::span(&part, 1), width, scratch);
      if (spec_.disentangled.position_to_content) {
        weights.position_queries.emplace_back(std::span(&part, 1), width, scratch);
      }
    }
  }
  if (spec.bias != PositionBias::kDisentangled) return;
  const DisentangledSpec& bias = spec_.disentangled;
  const int64_t rows = 2 * bias.span, d = spec_.width;
  const auto project = [&](Role role) {
    const Output output{role, spec.query_width(), width};
    std::vector<Buffer> copies;
    const auto parts = table_.parts({&output, 1}, number, d, spec.qkv_bias, copies);
    if (!table_.is_reading()) return std::vector<Linear>();
    const Linear linear(parts, d, scratch);
    Buffer projected(static_cast<size_t>(rows * spec.query_width()));
    linear.apply(relative_table_.data(), rows, projected.data());
    table_.drop(table_.weight_name(role, number));
    return per_head(projected.data(), rows, spec.query_width());
  };
  if (bias.content_to_position) {
    weights.position_keys = project(bias.shared ? Role::kKey : Role::kPositionKey);
  }
  if (bias.position_to_content) {
    weights.position_queries = project(bias.shared ? Role::kQuery : Role::kPositionQuery);
  }
}

void Transformer::load_experts(const FeedForwardSpec& spec, int64_t number, const Packing& packing,
                               LayerWeights& layer) const {
  const int64_t d = spec_.width, f = spec.inner, count = spec.experts;
  const Output router{Role::kRouter, count};
  layer.router = table_.linear({&router, 1}, number, d, true, packing.scratch);
  const float* up = table_.bare(Role::kExpertsUp, number, {count, d, 2 * f});
  const float* up_bias = table_.bare(Role::kExpertsUpBias, number, {count, 2 * f});
  const float* down = table_.bare(Role::kExpertsDown, number, {count, f, d});
  const float* down_bias = table_.bare(Role::kExpertsDownBias, number, {count, d});
  if (!table_.is_reading()) return;
  // In the file a matrix is [in, out] and its outputs alternate: gate, up, gate, up …
  std::vector<float> up_rows(static_cast<size_t>(2 * f * d)), up_biases(static_cast<size_t>(2 * f)),
      down_rows(static_cast<size_t>(d * f));
  for (int64_t e = 0; e < count; ++e) {
    const float *from = up + e * d * 2 * f, *from_down = down + e * f * d;
    for (int64_t o = 0; o < 2 * f; ++o) {
      const int64_t column = o < f ? 2 * o : 2 * (o - f) + 1;
      for (int64_t c = 0; c < d; ++c) {
        up_rows[static_cast<size_t>(o * d + c)] = from[c * 2 * f + column];
      }
      up_biases[static_cast<size_t>(o)] = up_bias[e * 2 * f + column];
    }
    for (int64_t o = 0; o < d; ++o) {
      for (int64_t c = 0; c < f; ++c) {
        down_rows[static_cast<size_t>(o * f + c)] = from_down[c * d + o];
      }
    }
    const Linear::Part up_part{up_rows.data(), up_biases.data(), 2 * f};
    const Linear::Part down_part{down_rows.data(), down_bias + e * d, d};
    layer.experts.push_back({Linear(std::span(&up_part, 1), d, packing.scratch, packing.kind),
                             Linear(std::span(&down_part, 1), f, packing.scratch, packing.kind)});
  }
  for (const Role role : {Role::kExpertsUp, Role::kExpertsDown}) {
    table_.drop(table_.bare_name(role, number));
  }
}

void Transformer::load_feed_forward(const BlockSpec& block, int64_t number, const Packing& packing,
                                    LayerWeights& layer) const {
  const FeedForwardSpec& spec = block.feed_forward;
  const int64_t d = spec_.width;
  layer.feed_forward_norm = table_.norm(Role::kFeedForwardNorm, number, block.norm, d);
  if (block.placement == NormPlacement::kBoth) {
    layer.feed_forward_post_norm = table_.norm(Role::kFeedForwardPostNorm, number, block.norm, d);
  }
  if (spec.experts > 0) return load_experts(spec, number, packing, layer);
  const Output gated[] = {{Role::kGate, spec.inner}, {Role::kUp, spec.inner}};
  layer.up = table_.linear(std::span(gated).subspan(spec.gated ? 0 : 1), number, d, spec.bias,
                           packing.scratch, packing.kind);
  const Output down{Role::kDown, d};
  layer.down =
      table_.linear({&down, 1}, number, spec.inner, spec.bias, packing.scratch, packing.kind);
}

std::unique_ptr<LayerWeights> Transformer::load_layer(int64_t number,
                                                      const Packing& packing) const {
  const BlockSpec& block = spec_.block(number);
  if (block.weights_of != number) return nullptr;
  auto layer = std::make_unique<LayerWeights>();
  layer->attention = load_attention(block, block.attention, block.name(), packing);
  if (block.cross) layer->cross = load_attention(block, *block.cross, block.name(), packing);
  load_feed_forward(block, block.name(), packing, *layer);
  return layer;
}

// The tensors outside the layers.
void Transformer::load_once() {
  load_embeddings();
  const int64_t d = spec_.width;
  if (uses(spec_, PositionBias::kBuckets)) {
    relative_bias_ = table_.table(Role::kRelativeBias, kOnce,
                                  {spec_.buckets.count, spec_.block(0).attention.heads});
  }
  if (uses(spec_, PositionBias::kDisentangled)) {
    const int64_t rows = 2 * spec_.disentangled.span;
    relative_table_ = table_.table(Role::kRelativeTable, kOnce, {rows, d});
    if (spec_.disentangled.norm) {
      const NormWeights norm = table_.norm(Role::kRelativeNorm, kOnce, spec_.block(0).norm, d);
      if (table_.is_reading()) {
        normalise(norm.view(), relative_table_.data(), nullptr, rows, d, relative_table_.data());
      }
    }
  }
  if (spec_.final_norm) final_norm_ = table_.norm(Role::kFinalNorm, kOnce, *spec_.final_norm, d);
}

Transformer::Transformer(ModelSpec spec, const Family& family,
                         std::shared_ptr<const WeightStore> store, Precision precision)
    : spec_(std::move(spec)),
      store_(std::move(store)),
      table_(family, *store_),
      kinds_{{precision, true, precision != Precision::kF32 && tiles_work()}} {
  if (precision == Precision::kF32 && tiles_work()) kinds_.push_back({precision, true, true});
  if (!spec_.embedding.patches) words_name_ = table_.weight_name(Role::kWords);
  load_once();
  Buffer scratch;
  for (int64_t l = 0; l < spec_.layers(); ++l) load_layer(l, {kinds_[0], scratch});
}

WeightBytes Transformer::weight_bytes() const {
  WeightBytes bytes;
  bytes.once = table_.float_bytes(kOnce);
  for (int64_t l = 0; l < spec_.layers(); ++l) {
    const BlockSpec& block = spec_.block(l);
    if (block.weights_of != l) continue;
    const int64_t of_layer = table_.float_bytes(block.name());
    const int64_t packed = precision() == Precision::kBf16 ? of_layer / 2 : of_layer;
    const int64_t second = kinds_.size() > 1 ? of_layer * 3 / 2 : 0;  // three bfloat16 a number
    bytes.layers += packed;
    bytes.second += second;
    bytes.widest_layer = std::max(bytes.widest_layer, of_layer);
    bytes.widest_packed = std::max({bytes.widest_packed, packed, second});
  }
  return bytes;
}

// A block of rows at a time, so that nothing of the size of the table is made. A streamed model's
// rows are checked when they are used.
void Transformer::check_words() const {
  const int64_t rows = spec_.embedding.vocab, e = spec_.embedding.width;
  // The first read converts all where the store cannot convert rows, and that not in parallel.
  std::vector<float> first(static_cast<size_t>(e));
  table_.read_rows(words_name_, 0, 1, e, first.data());
  constexpr int64_t kTogether = 256;
  parallel_for((rows + kTogether - 1) / kTogether, [&](int64_t block) {
    const int64_t begin = block * kTogether, count = std::min(kTogether, rows - begin);
    std::vector<float> some(static_cast<size_t>(count * e));
    table_.read_rows(words_name_, begin, count, e, some.data());
  });
  table_.drop(words_name_);
}

void Transformer::load(Residence residence, const RunControl& control) {
  const int64_t layers = spec_.layers();
  residence_ = residence;
  table_.begin_reading();
  load_once();
  if (!is_streamed() && !spec_.embedding.patches) check_words();
  int64_t own = 0;  // layers up to the last that has weights of its own
  for (const BlockSpec& block : spec_.blocks) own = std::max(own, block.weights_of + 1);
  for (const ProductKind kind : kinds_) {
    const bool stays = residence == Residence::kAll ||
                       (residence == Residence::kOfShortTexts && packings_.empty());
    packings_.emplace_back(own, !stays, [this, kind](int64_t number, Buffer& scratch) {
      return load_layer(number, {kind, scratch});
    });
  }
  const bool now = !is_streamed() && kinds_.size() == 1;
  for (int64_t l = 0; l < layers && now; ++l) {
    control.cancel.check();
    control.report(l + 1, layers + 1);
    layer(l, 0);
  }
  if (now) relative_table_ = Buffer();
  control.report(layers + 1, layers + 1);
  grams_.resize(static_cast<size_t>(layers));
  cross_grams_.resize(static_cast<size_t>(layers));
}

size_t Transformer::packing_of(int64_t tokens) const {
  // From here on tiles are faster, by times of an earlier trial
  // (docs/decisions/288-float32-in-tiles-for-longer-texts.md).
  constexpr int64_t kLonger = 64;
  return kinds_.size() > 1 && tokens >= kLonger ? 1 : 0;
}

PackedLayers& Transformer::packed_for(int64_t tokens) const {
  const size_t mine = packing_of(tokens);
  for (size_t p = 0; p < packings_.size(); ++p) {
    if (p != mine) packings_[p].settle();  // one thread at a time reads the file
  }
  return packings_[mine];
}

std::shared_ptr<const LayerWeights> Transformer::layer(int64_t l, int64_t tokens) const {
  return packed_for(tokens).layer(spec_.block(l).weights_of);
}

void Transformer::ahead(int64_t l, int64_t tokens) const {
  packed_for(tokens).ahead(spec_.block(l).weights_of);
}

const float* Transformer::grams(int64_t number, bool cross) const {
  const int64_t layer = spec_.block(number).weights_of;
  Buffer& kept = (cross ? cross_grams_ : grams_)[static_cast<size_t>(layer)];
  if (kept.data()) return kept.data();
  const BlockSpec& block = spec_.block(layer);
  const AttentionSpec& spec = cross ? *block.cross : block.attention;
  const int64_t size = gram_size(spec.value_dim), stride = spec.context_width(), d = spec_.width;
  const Output output{roles_of(cross).output, d};
  std::vector<Buffer> copies;
  // [D, H·Dv]: a head's slice are Dv columns.
  const int64_t name = block.name();
  const float* weight = table_.parts({&output, 1}, name, stride, false, copies)[0].weight;
  float* out = kept.reserve(static_cast<size_t>(size * spec.heads));
  parallel_for(spec.heads, [&](int64_t h) {
    gram(weight + h * spec.value_dim, stride, d, spec.value_dim, out + h * size);
  });
  table_.drop(table_.weight_name(output.role, name));
  return out;
}

}  // namespace headscope
