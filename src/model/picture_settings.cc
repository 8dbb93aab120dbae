#include "model/picture_settings.h"

#include <tuple>

#include "format/json.h"
#include "headscope/error.h"

namespace headscope {

namespace {

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected,
              "headscope cannot prepare pictures as this model asks", "HS-MODEL-02");
}

// 224, or {"height": 224, "width": 224}.
std::pair<int64_t, int64_t> size_of(const Json& json, const std::string& source) {
  const Json* size = find_field(json, "size", source);
  if (!size) refuse(source, "no size", "the height and width that pictures are resized to");
  constexpr int64_t kMost = 1 << 14;
  if (!size->is_object()) {
    const int64_t side = int_field(json, "size", source, 1, kMost);
    return {side, side};
  }
  if (!size->contains("height") || !size->contains("width")) {
    refuse(source, "size is " + size->dump(), "a height and a width");
  }
  return {int_field(*size, "height", source, 1, kMost),
          int_field(*size, "width", source, 1, kMost)};
}

std::array<float, 3> three(const Json& json, const char* name, const std::string& source) {
  const Json* list = find_field(json, name, source);
  if (!list) return {0.5f, 0.5f, 0.5f};
  std::array<float, 3> out{};
  bool numbers = list->is_array() && list->size() == 3;
  for (size_t c = 0; numbers && c < 3; ++c) {
    numbers = (*list)[c].is_number();
    if (numbers) out[c] = (*list)[c].get<float>();
  }
  if (!numbers) refuse(source, std::string(name) + " is " + describe(*list), "three numbers");
  return out;
}

}  // namespace

PictureSettings read_picture_settings(const Json& json, const std::string& source,
                                      const PatchSpec& patches) {
  if (!json.is_object()) refuse(source, "not a JSON object", "settings of a picture processor");
  if (patches.channels != 3) {
    refuse(source, std::to_string(patches.channels) + " channels", "3: red, green and blue");
  }
  for (const char* field : {"image_processor_type", "feature_extractor_type"}) {
    const std::string type = string_field(json, field, source, "ViT");
    if (!type.starts_with("ViT")) {
      refuse(source, std::string(field) + " is \"" + type + "\"", "ViTImageProcessor");
    }
  }
  if (bool_field(json, "do_center_crop", source, false)) {
    refuse(source, "do_center_crop is true", "pictures that are resized, not cut");
  }
  PictureSettings settings;
  settings.resized = bool_field(json, "do_resize", source, true);
  if (settings.resized) {
    std::tie(settings.height, settings.width) = size_of(json, source);
    settings.filter = static_cast<Resampling>(int_field(json, "resample", source, 1, 5, 2));
  } else {
    settings.height = patches.height;
    settings.width = patches.width;
  }
  if (settings.height != patches.height || settings.width != patches.width) {
    refuse(source,
           "size is " + std::to_string(settings.height) + " × " + std::to_string(settings.width),
           std::to_string(patches.height) + " × " + std::to_string(patches.width) +
               ", the model's image_size");
  }
  settings.rescale = bool_field(json, "do_rescale", source, true)
                         ? number_field(json, "rescale_factor", source, 1.0 / 255)
                         : 1.0;
  settings.normalised = bool_field(json, "do_normalize", source, true);
  settings.mean = three(json, "image_mean", source);
  settings.deviation = three(json, "image_std", source);
  for (const float deviation : settings.deviation) {
    if (!(deviation > 0)) refuse(source, "image_std holds a number that is not above 0", "above 0");
  }
  return settings;
}

Picture fitted(const Picture& picture, const PictureSettings& settings) {
  if (settings.resized) return resize(picture, settings.width, settings.height, settings.filter);
  if (picture.width != settings.width || picture.height != settings.height) {
    throw Error(ErrorCode::kBadInput,
                "a picture of " + std::to_string(picture.width) + " × " +
                    std::to_string(picture.height) + ", and the model resizes none",
                std::to_string(settings.width) + " × " + std::to_string(settings.height));
  }
  return picture;
}

std::vector<float> pixel_values(const Picture& picture, const PictureSettings& settings) {
  const auto cells = static_cast<size_t>(picture.width * picture.height);
  std::vector<float> out(3 * cells);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < cells; ++i) {
      // The reference rescales in double precision, normalises in single.
      auto value =
          static_cast<float>(static_cast<double>(picture.rgb[3 * i + c]) * settings.rescale);
      if (settings.normalised) value = (value - settings.mean[c]) / settings.deviation[c];
      out[c * cells + i] = value;
    }
  }
  return out;
}

}  // namespace headscope
