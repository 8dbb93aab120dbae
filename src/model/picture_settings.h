// How a picture becomes pixel values: preprocessor_config.json.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "io/picture.h"
#include "model/spec.h"

namespace headscope {

struct PictureSettings {
  int64_t height = 0, width = 0;
  bool resized = true;
  Resampling filter = Resampling::kBilinear;
  double rescale = 1.0 / 255;  // 1: bytes as they are
  bool normalised = true;      // (value − mean) / deviation, a channel each
  std::array<float, 3> mean{0.5f, 0.5f, 0.5f}, deviation{0.5f, 0.5f, 0.5f};
};

// `source` names the file in errors. Throws Error(kBadInput, HS-MODEL-02) where it asks for steps
// that ViT's preprocessing does not have, or for another size than the model's.
PictureSettings read_picture_settings(const Json& json, const std::string& source,
                                      const PatchSpec& patches);

// The picture as the model's size asks, in its own bytes.
Picture fitted(const Picture& picture, const PictureSettings& settings);
// Of a fitted picture, [3, height, width].
std::vector<float> pixel_values(const Picture& picture, const PictureSettings& settings);

}  // namespace headscope
