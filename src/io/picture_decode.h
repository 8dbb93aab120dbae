// The two decoders behind decode_picture().
#pragma once

#include "io/picture.h"

namespace headscope {

// Throws Error(kBadInput, HS-IMAGE-01) naming `name`.
[[noreturn]] void refuse_picture(const std::string& name, const std::string& got,
                                 const std::string& expected = "a whole PNG or JPEG picture");
// Throws where a picture of this size is not read.
void check_picture_size(const std::string& name, int64_t width, int64_t height);

// Turned as the orientation in EXIF asks.
Picture decode_png(std::string_view bytes, const std::string& name);
Picture decode_jpeg(std::string_view bytes, const std::string& name);

// EXIF's orientation, 1 to 8, in the TIFF structure of an APP1 segment or an eXIf chunk; 1 where it
// says none.
int exif_orientation(std::string_view tiff);
// The picture as it is to be seen.
Picture turned(Picture picture, int orientation);

}  // namespace headscope
