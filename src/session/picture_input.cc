// TransformerModel and pictures: a file's bytes to squares of pixels.
#include <cmath>

#include "format/checked_shape.h"
#include "format/json.h"
#include "format/npy.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "model/picture_settings.h"
#include "session/transformer_model.h"

namespace headscope {

namespace {

// The tokens of a picture: the class token, its squares row by row. They have no ids; the text is
// called by the name of the file.
TokenSequence squares(const PatchSpec& spec, const std::string& name) {
  TokenSequence out;
  out.text_a = to_valid_utf8(name.substr(name.find_last_of('/') + 1));
  const auto add = [&](std::string token, bool special, int32_t word, TokenKind kind) {
    out.tokens.push_back(std::move(token));
    out.special.push_back(special);
    out.words.push_back(word);
    out.kinds.push_back(kind);
  };
  add("[CLS]", true, -1, TokenKind::kText);
  int32_t words = 0;
  for (int64_t row = 0; row < spec.rows(); ++row) {
    for (int64_t column = 0; column < spec.columns(); ++column) {
      add("p" + std::to_string(row) + "," + std::to_string(column), false, words++,
          TokenKind::kPatch);
    }
  }
  const size_t n = out.tokens.size();
  out.ids.assign(n, 0);
  out.segment_ids.assign(n, 0);
  out.sentences.assign(n, 0);
  out.offsets.assign(n, Range{});
  return out;
}

}  // namespace

ModelInput TransformerModel::picture(std::string_view bytes, const std::string& name) const {
  if (!reads_pictures()) return Runner::picture(bytes, name);
  const auto path = source_.find_file({"preprocessor_config.json"});
  if (!path) {
    throw Error(ErrorCode::kBadInput, source_.path() + " has no preprocessor_config.json",
                "the size and the numbers that pictures are prepared with",
                "Give pixel values with --pixels", "HS-MODEL-01");
  }
  const PatchSpec& patches = *spec().embedding.patches;
  const PictureSettings settings =
      read_picture_settings(parse_json(read_file(*path), *path), *path, patches);
  auto picture = std::make_shared<const Picture>(fitted(decode_picture(bytes, name), settings));
  auto pixels = std::make_shared<Pixels>();
  pixels->values = pixel_values(*picture, settings);
  pixels->image =
      Array::borrow(DType::kU8, {picture->height, picture->width, 3}, picture->rgb.data(), picture);
  ModelInput input(squares(patches, name));
  input.pixels = std::move(pixels);
  return input;
}

ModelInput TransformerModel::pixels(std::string_view bytes, const std::string& name) const {
  if (!reads_pictures()) return Runner::picture(bytes, name);
  const PatchSpec& patches = *spec().embedding.patches;
  NpyArray array = read_npy(std::as_bytes(std::span(bytes)), name);
  const std::vector<int64_t> expected = {patches.channels, patches.height, patches.width};
  if (array.shape != expected) {
    throw Error(ErrorCode::kBadInput, name + ": an array of shape " + shape_text(array.shape),
                shape_text(expected) + ", the model's channels, height and width", {},
                "HS-IMAGE-01");
  }
  for (const float value : array.data) {
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::kBadInput, name + " holds a number that is not finite",
                  "finite numbers", {}, "HS-IMAGE-01");
    }
  }
  auto pixels = std::make_shared<Pixels>();
  pixels->values = std::move(array.data);
  ModelInput input(squares(patches, name));
  input.pixels = std::move(pixels);
  return input;
}

}  // namespace headscope
