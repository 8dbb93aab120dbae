// PNG files (ISO/IEC 15948): rasters of 256 colours written here, with an encoding that depends on
// nothing but the pixels, and text put into files that others have written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headscope {

// pixels: [height, width], indices into `colours` (at most 256).
std::string palette_png(int64_t width, int64_t height, const std::vector<uint8_t>& pixels,
                        const std::vector<std::array<uint8_t, 3>>& colours);

// `png` with pixels of that many a metre, and UTF-8 texts {keyword, text} (iTXt), behind its
// header. Keywords are Latin letters and blanks, at most 79.
std::string png_with_text(std::string_view png, uint32_t pixels_per_metre,
                          const std::vector<std::pair<std::string, std::string>>& texts);

}  // namespace headscope
