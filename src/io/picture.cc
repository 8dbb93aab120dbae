#include "io/picture.h"

#include "headscope/error.h"
#include "io/picture_decode.h"

namespace headscope {

void refuse_picture(const std::string& name, const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kBadInput, name + ": " + got, expected, {}, "HS-IMAGE-01");
}

void check_picture_size(const std::string& name, int64_t width, int64_t height) {
  const bool fits = width > 0 && height > 0 && width <= kMostPictureSide &&
                    height <= kMostPictureSide && width * height <= kMostPicturePixels;
  if (fits) return;
  refuse_picture(name, "a picture of " + std::to_string(width) + " × " + std::to_string(height),
                 "1 to " + std::to_string(kMostPictureSide) + " pixels a side, at most " +
                     std::to_string(kMostPicturePixels) + " in all");
}

Picture decode_picture(std::string_view bytes, const std::string& name) {
  constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n", kJpeg = "\xff\xd8\xff";
  if (bytes.starts_with(kPng)) return decode_png(bytes, name);
  if (bytes.starts_with(kJpeg)) return decode_jpeg(bytes, name);
  refuse_picture(name, "neither PNG nor JPEG");
}

int exif_orientation(std::string_view tiff) {
  const bool little = tiff.starts_with("II");
  if (!little && !tiff.starts_with("MM")) return 1;
  const auto number = [&](size_t at, size_t size) -> uint32_t {
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t byte = at + (little ? size - 1 - i : i);
      value = value << 8 | (byte < tiff.size() ? static_cast<uint8_t>(tiff[byte]) : 0);
    }
    return value;
  };
  constexpr size_t kEntry = 12;
  constexpr uint32_t kOrientation = 0x0112, kShort = 3;
  const size_t directory = number(4, 4);
  const size_t entries = number(directory, 2);
  for (size_t e = 0; e < entries; ++e) {
    const size_t at = directory + 2 + e * kEntry;
    if (at + kEntry > tiff.size()) break;
    if (number(at, 2) != kOrientation || number(at + 2, 2) != kShort) continue;
    const auto value = static_cast<int>(number(at + 8, 2));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

Picture turned(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const int64_t w = picture.width, h = picture.height;
  const bool sideways = orientation >= 5;
  Picture out{sideways ? h : w, sideways ? w : h, std::vector<uint8_t>(picture.rgb.size())};
  uint8_t* to = out.rgb.data();
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x, to += 3) {
      // The pixel of the file that stands at (y, x) of the turned picture.
      int64_t row = sideways ? x : y, column = sideways ? y : x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        row = h - 1 - row;
      }
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
        column = w - 1 - column;
      }
      const uint8_t* from = picture.rgb.data() + (row * w + column) * 3;
      for (int c = 0; c < 3; ++c) to[c] = from[c];
    }
  }
  return out;
}

}  // namespace headscope
