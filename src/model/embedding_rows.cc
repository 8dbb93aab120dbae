#include "model/embedding_rows.h"

#include <string>

#include "headscope/error.h"

namespace headscope {

namespace {

void check(const char* what, int64_t got, int64_t most) {
  if (got >= 0 && got < most) return;
  throw Error(ErrorCode::kBadInput, std::string(what) + " " + std::to_string(got),
              "less than " + std::to_string(most) + ", what the model has");
}

}  // namespace

EmbeddingRows::EmbeddingRows(const Transformer& model, int64_t earlier)
    : model_(model),
      place_(model.spec().embedding.position_offset + earlier),
      word_(static_cast<size_t>(model.spec().embedding.width)) {}

EmbeddingRows::Rows EmbeddingRows::next(int64_t id, int64_t segment) {
  const EmbeddingSpec& spec = model_.spec().embedding;
  Rows rows;
  check("token id", id, spec.vocab);
  model_.word_row(id, word_.data());
  for (int64_t c = 0; c < spec.width; ++c) word_.data()[c] *= spec.scale;
  rows.word = word_.data();
  if (spec.segments > 0) {
    check("segment", segment, spec.segments);
    rows.segment = model_.segments() + segment * spec.width;
  }
  if (spec.position_rows > 0) {
    const int64_t place = id == spec.uncounted_id ? id : place_++;
    check("row of positions", place, spec.position_rows);
    rows.position = model_.positions() + place * spec.width;
  }
  return rows;
}

}  // namespace headscope
