// The input rows of the first block: embeddings of ids, or of squares of a picture.
#include <algorithm>

#include "headscope/error.h"
#include "model/embedding_rows.h"
#include "model/forward.h"

namespace headscope {

void ForwardPass::embed(std::span<const PassText> texts) {
  const ModelSpec& spec = model_.spec();
  const EmbeddingSpec& embedding = spec.embedding;
  const int64_t e = embedding.width;
  if (embedding.patches) return embed_patches(texts, *embedding.patches);
  float* rows = embedding.projection ? input_.reserve(static_cast<size_t>(rows_ * e)) : x_.data();
  for (size_t t = 0; t < texts.size(); ++t) {
    const PassText& text = texts[t];
    if (text.size() > 0 && tokens(t) > spec.positions) {
      throw Error(ErrorCode::kBadInput, "position " + std::to_string(tokens(t) - 1),
                  "less than " + std::to_string(spec.positions) + ", what the model has");
    }
    EmbeddingRows tables(model_, earlier(t));
    for (int64_t i = 0; i < text.size(); ++i) {
      const auto at = static_cast<size_t>(i);
      const EmbeddingRows::Rows its =
          tables.next(text.ids[at], text.segments.empty() ? 0 : text.segments[at]);
      // In the reference's order, so that the sums have its bits.
      float* row = rows + (first_[t] + i) * e;
      std::copy_n(its.word, e, row);
      if (its.segment) add(its.segment, e, row);
      if (its.position) add(its.position, e, row);
    }
  }
  if (embedding.norm) normalise(model_.embedding_norm().view(), rows, nullptr, rows_, e, rows);
  if (embedding.projection) model_.projection().apply(rows, rows_, x_.data());
}

// The class token, then each square of pixels, projected; and their positions.
void ForwardPass::embed_patches(std::span<const PassText> texts, const PatchSpec& spec) {
  const int64_t d = model_.spec().width, side = spec.side, squares = spec.tokens() - 1;
  float* cut = input_.reserve(static_cast<size_t>(squares * spec.square()));
  for (size_t t = 0; t < texts.size(); ++t) {
    const float* pixels = texts[t].pixels;
    if (!pixels || texts[t].size() != spec.tokens()) {
      throw Error(ErrorCode::kInternal, "a picture without pixels", "one of the model's size");
    }
    float* to = cut;  // in the order of the convolution: channel, row, column
    for (int64_t p = 0; p < squares; ++p) {
      const int64_t top = p / spec.columns() * side, left = p % spec.columns() * side;
      for (int64_t c = 0; c < spec.channels; ++c) {
        for (int64_t y = 0; y < side; ++y) {
          to = std::copy_n(pixels + (c * spec.height + top + y) * spec.width + left, side, to);
        }
      }
    }
    float* rows = x_.data() + first_[t] * d;
    std::copy_n(model_.class_token(), d, rows);
    model_.patches().apply(cut, squares, rows + d);
    add(model_.positions(), spec.tokens() * d, rows);
  }
}

}  // namespace headscope
