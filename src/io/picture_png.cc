// PNG by libpng. Its errors jump: the functions that call it hold nothing that needs a destructor.
#include <png.h>

#include <algorithm>
#include <cstring>

#include "io/picture_decode.h"

namespace headscope {

namespace {

struct PngRead {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view left;  // of the file
  png_uint_32 width = 0, height = 0;
  int depth = 0, colour = 0;
  char message[160] = "";

  PngRead() = default;
  PngRead(const PngRead&) = delete;
  PngRead& operator=(const PngRead&) = delete;
  ~PngRead() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp message) {
  auto* read = static_cast<PngRead*>(png_get_error_ptr(png));
  std::strncpy(read->message, message, sizeof read->message - 1);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep to, size_t size) {
  auto* read = static_cast<PngRead*>(png_get_io_ptr(png));
  if (size > read->left.size()) png_error(png, "the file ends too early");
  std::memcpy(to, read->left.data(), size);
  read->left.remove_prefix(size);
}

bool read_header(PngRead& read) {
  if (setjmp(png_jmpbuf(read.png))) return false;
  constexpr size_t kMostChunk = size_t{16} << 20;
  png_set_user_limits(read.png, kMostPictureSide, kMostPictureSide);
  png_set_chunk_malloc_max(read.png, kMostChunk);
  png_set_read_fn(read.png, &read, take);
  png_read_info(read.png, read.info);
  png_get_IHDR(read.png, read.info, &read.width, &read.height, &read.depth, &read.colour, nullptr,
               nullptr, nullptr);
  return true;
}

// Everything to 8-bit RGB; transparency is dropped, gamma is left alone.
bool read_rows(PngRead& read, png_bytepp rows) {
  if (setjmp(png_jmpbuf(read.png))) return false;
  if (read.colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(read.png);
  if (read.colour == PNG_COLOR_TYPE_GRAY && read.depth < 8) {
    png_set_expand_gray_1_2_4_to_8(read.png);
  }
  png_set_strip_16(read.png);
  png_set_strip_alpha(read.png);
  if (!(read.colour & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(read.png);
  png_read_update_info(read.png, read.info);
  if (png_get_rowbytes(read.png, read.info) != size_t{3} * read.width) {
    png_error(read.png, "rows of another width");
  }
  png_read_image(read.png, rows);
  return true;
}

// Of an eXIf chunk before the pixels, as Pillow's exif_transpose takes it.
int orientation_of(const PngRead& read) {
#ifdef PNG_eXIf_SUPPORTED
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(read.png, read.info, &size, &exif) != 0 && exif) {
    return exif_orientation({reinterpret_cast<const char*>(exif), size});
  }
#endif
  return 1;
}

}  // namespace

Picture decode_png(std::string_view bytes, const std::string& name) {
  PngRead read;
  read.left = bytes;
  read.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &read, on_error, on_warning);
  if (read.png) read.info = png_create_info_struct(read.png);
  if (!read.info) refuse_picture(name, "the PNG reader has no memory");
  if (!read_header(read)) refuse_picture(name, std::string("damaged PNG, ") + read.message);
  check_picture_size(name, read.width, read.height);
  if (read.colour == PNG_COLOR_TYPE_GRAY && read.depth == 16) {
    refuse_picture(name, "a grey PNG of 16 bits", "8 bits a channel");
  }
  Picture picture{read.width, read.height, {}};
  const size_t stride = size_t{3} * read.width;
  picture.rgb.resize(stride * read.height);
  std::vector<png_bytep> rows(read.height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = picture.rgb.data() + y * stride;
  if (!read_rows(read, rows.data())) {
    refuse_picture(name, std::string("damaged PNG, ") + read.message);
  }
  return turned(std::move(picture), orientation_of(read));
}

}  // namespace headscope
