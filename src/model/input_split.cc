#include "model/input_split.h"

#include <algorithm>
#include <cmath>

#include "model/embedding_rows.h"

namespace headscope {

namespace {

// Which normalisation stands between the sum of the embeddings and the first layer; null: none.
const NormWeights* norm_of(const Transformer& model, const LayerWeights& layer) {
  const ModelSpec& spec = model.spec();
  if (spec.embedding.norm) return &model.embedding_norm();
  const BlockSpec& block = spec.block(0);
  const bool before = block.placement != NormPlacement::kAfter && block.attention_norm;
  return before ? &layer.attention.norm : nullptr;
}

// What the normalisation of a row takes off and multiplies by.
struct Deviation {
  double mean = 0, inverse = 1;
};

Deviation deviation_of(const NormWeights* norm, const float* row, int64_t width) {
  Deviation out;
  if (!norm) return out;
  const auto count = static_cast<double>(width);
  if (norm->kind == NormKind::kLayer) {
    for (int64_t c = 0; c < width; ++c) out.mean += static_cast<double>(row[c]);
    out.mean /= count;
  }
  double variance = 0;
  for (int64_t c = 0; c < width; ++c) {
    const double z = static_cast<double>(row[c]) - out.mean;
    variance += z * z;
  }
  out.inverse = 1.0 / std::sqrt(variance / count + static_cast<double>(norm->eps));
  return out;
}

// One part of a row, normalised by the whole row's deviation.
void scale_part(const NormWeights* norm, double inverse, int64_t width, float* row) {
  if (!norm) return;
  double mean = 0;
  if (norm->kind == NormKind::kLayer) {
    for (int64_t c = 0; c < width; ++c) mean += static_cast<double>(row[c]);
    mean /= static_cast<double>(width);
  }
  for (int64_t c = 0; c < width; ++c) {
    const double z = (static_cast<double>(row[c]) - mean) * inverse;
    row[c] = static_cast<float>(z * static_cast<double>(norm->gamma.data()[c]));
  }
}

// Rows through a projection; its bias stays in the row before the last alone, that of the
// constants. The last row comes in as zeros, goes out as the bias, and is zeroed again.
std::vector<float> project(const Linear& linear, const std::vector<float>& rows, int64_t count) {
  const int64_t width = linear.out();
  std::vector<float> out(static_cast<size_t>(count * width));
  linear.apply(rows.data(), count, out.data());
  float* bias = out.data() + (count - 1) * width;
  for (int64_t r = 0; r < count - 2; ++r) {
    for (int64_t c = 0; c < width; ++c) out[static_cast<size_t>(r * width + c)] -= bias[c];
  }
  std::fill_n(bias, width, 0.0f);
  return out;
}

}  // namespace

std::vector<std::string> input_parts(const ModelSpec& spec) {
  const EmbeddingSpec& embedding = spec.embedding;
  const BlockSpec& block = spec.block(0);
  const AttentionSpec& attention = block.attention;
  const bool before = block.placement != NormPlacement::kAfter && block.attention_norm;
  if (embedding.patches || attention.rope || attention.qk_norm) return {};
  if (before && (embedding.norm || embedding.projection)) return {};
  std::vector<std::string> parts = {"word"};
  if (embedding.position_rows > 0) parts.emplace_back("position");
  if (embedding.segments > 0) parts.emplace_back("segment");
  if (parts.size() == 1) return {};
  parts.emplace_back("constant");
  return parts;
}

InputSplit split_input(const Transformer& model, std::span<const int32_t> ids,
                       std::span<const int32_t> segments, int64_t head, int64_t query) {
  const EmbeddingSpec& embedding = model.spec().embedding;
  const AttentionSpec& attention = model.spec().block(0).attention;
  const auto n = std::ssize(ids);
  const int64_t e = embedding.width, dim = attention.head_dim;
  const auto parts = static_cast<int64_t>(input_parts(model.spec()).size());
  const std::shared_ptr<const LayerWeights> layer = model.layer(0, n);
  const NormWeights* norm = norm_of(model, *layer);

  // Word, position and segment of each token, part after part; then the constants, then zeros.
  const int64_t count = (parts - 1) * n + 2;
  std::vector<float> rows(static_cast<size_t>(count * e));
  std::vector<float> whole(static_cast<size_t>(e));
  EmbeddingRows tables(model);
  for (int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i);
    const EmbeddingRows::Rows its = tables.next(ids[at], segments.empty() ? 0 : segments[at]);
    std::fill(whole.begin(), whole.end(), 0.0f);
    int64_t part = 0;
    for (const float* table : {its.word, its.position, its.segment}) {
      if (!table) continue;
      float* row = rows.data() + (part++ * n + i) * e;
      std::copy_n(table, e, row);
      for (int64_t c = 0; c < e; ++c) whole[static_cast<size_t>(c)] += row[c];
    }
    const Deviation deviation = deviation_of(norm, whole.data(), e);
    for (part = 0; part < parts - 1; ++part) {
      scale_part(norm, deviation.inverse, e, rows.data() + (part * n + i) * e);
    }
  }
  if (norm && norm->beta.data()) {
    std::copy_n(norm->beta.data(), e, rows.data() + (count - 2) * e);
  }
  if (embedding.projection) rows = project(model.projection(), rows, count);
  rows = project(layer->attention.qkv, rows, count);

  InputSplit out;
  const int64_t width = attention.row_width();
  const int64_t key_at = attention.query_width() + head / attention.group() * dim;
  const auto row_of = [&](int64_t part, int64_t token) {
    return rows.data() + (part == parts - 1 ? count - 2 : part * n + token) * width;
  };
  for (int64_t part = 0; part < parts; ++part) {
    const float* q = row_of(part, query) + head * dim;
    out.query.insert(out.query.end(), q, q + dim);
    for (int64_t j = 0; j < n; ++j) {
      const float* k = row_of(part, j) + key_at;
      out.key.insert(out.key.end(), k, k + dim);
    }
  }
  return out;
}

}  // namespace headscope
