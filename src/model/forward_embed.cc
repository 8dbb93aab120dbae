// The input rows of the first block: embeddings of ids, or of squares of a picture.
#include <algorithm>

#include "headscope/error.h"
#include "model/forward.h"

namespace headscope {

namespace {

void check_token(const char* what, int64_t got, int64_t most) {
  if (got >= 0 && got < most) return;
  throw Error(ErrorCode::kBadInput, std::string(what) + " " + std::to_string(got),
              "less than " + std::to_string(most) + ", what the model has");
}

}  // namespace

void ForwardPass::embed(std::span<const PassText> texts) {
  const ModelSpec& spec = model_.spec();
  const EmbeddingSpec& embedding = spec.embedding;
  const int64_t e = embedding.width;
  if (embedding.patches) return embed_patches(texts, *embedding.patches);
  float* rows = embedding.projection ? input_.reserve(static_cast<size_t>(rows_ * e)) : x_.data();
  for (size_t t = 0; t < texts.size(); ++t) {
    const PassText& text = texts[t];
    if (text.size() > 0) check_token("position", tokens(t) - 1, spec.positions);
    int64_t next = embedding.position_offset + earlier(t);
    for (int64_t i = 0; i < text.size(); ++i) {
      const auto at = static_cast<size_t>(i);
      const int64_t id = text.ids[at];
      check_token("token id", id, embedding.vocab);
      float* row = rows + (first_[t] + i) * e;
      // In the reference's order, so that the sums have its bits.
      model_.word_row(id, row);
      for (int64_t c = 0; c < e; ++c) row[c] *= embedding.scale;
      const int64_t segment = text.segments.empty() ? 0 : text.segments[at];
      if (embedding.segments > 0) {
        check_token("segment", segment, embedding.segments);
        const float* kind = model_.segments() + segment * e;
        for (int64_t c = 0; c < e; ++c) row[c] += kind[c];
      }
      if (embedding.position_rows == 0) continue;
      const int64_t place = id == embedding.uncounted_id ? id : next++;
      check_token("row of positions", place, embedding.position_rows);
      const float* position = model_.positions() + place * e;
      for (int64_t c = 0; c < e; ++c) row[c] += position[c];
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
