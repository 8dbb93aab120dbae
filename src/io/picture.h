// Pictures: PNG and JPEG files as 8-bit RGB, read as Pillow reads them (turned as EXIF asks,
// convert("RGB"): alpha is dropped, not blended), and its resizing, bit for bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

struct Picture {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  // [height, width, 3]
};

// Of a picture that is read: both sides, and pixels in all.
inline constexpr int64_t kMostPictureSide = 32768, kMostPicturePixels = int64_t{1} << 26;

// `name`: what errors call the file. Nothing is allocated by a size that the file claims before it
// is checked. Throws Error(kBadInput, HS-IMAGE-01): neither PNG nor JPEG, damaged, too large, or
// colours that are not read as the reference reads them (CMYK, 16-bit grey).
Picture decode_picture(std::string_view bytes, const std::string& name);

// The filters of Pillow, by its numbers.
enum class Resampling { kLanczos = 1, kBilinear = 2, kBicubic = 3, kBox = 4, kHamming = 5 };

// Pillow's Image.resize: rows, then columns, each pass rounded to 8 bits.
Picture resize(const Picture& picture, int64_t width, int64_t height, Resampling filter);

}  // namespace headscope
