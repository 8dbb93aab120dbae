// JPEG by libjpeg. Its errors jump: the functions that call it hold nothing that needs a
// destructor.
#include <cstddef>
#include <cstdio>
// After <cstdio>, which it needs.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "io/picture_decode.h"

namespace headscope {

namespace {

struct JpegRead {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  jmp_buf back{};
  char message[JMSG_LENGTH_MAX] = "";
  bool cut = false;  // data were missing

  JpegRead() = default;
  JpegRead(const JpegRead&) = delete;
  JpegRead& operator=(const JpegRead&) = delete;
  ~JpegRead() { jpeg_destroy_decompress(&info); }
};

JpegRead& of(j_common_ptr info) { return *static_cast<JpegRead*>(info->client_data); }

void on_error(j_common_ptr info) {
  JpegRead& read = of(info);
  info->err->format_message(info, read.message);
  std::longjmp(read.back, 1);
}
void on_message(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) of(info).cut = true;
}
// A small file may ask for endless passes over a large picture.
void on_progress(j_common_ptr info) {
  constexpr int kMostScans = 500;
  JpegRead& read = of(info);
  if (read.info.input_scan_number > kMostScans) {
    std::snprintf(read.message, sizeof read.message, "more than %d scans", kMostScans);
    std::longjmp(read.back, 1);
  }
}

bool read_header(JpegRead& read, std::string_view bytes) {
  if (setjmp(read.back)) return false;
  constexpr int kExifMarker = JPEG_APP0 + 1;
  constexpr unsigned kMostMarker = 0xFFFF;
  jpeg_create_decompress(&read.info);
  read.info.progress = &read.progress;
  // The old interface takes bytes that it does not write.
  jpeg_mem_src(&read.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&read.info, kExifMarker, kMostMarker);
  jpeg_read_header(&read.info, TRUE);
  return true;
}

bool read_rows(JpegRead& read, unsigned char* rgb) {
  if (setjmp(read.back)) return false;
  read.info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&read.info);
  while (read.info.output_scanline < read.info.output_height) {
    JSAMPROW row = rgb + size_t{3} * read.info.output_width * read.info.output_scanline;
    jpeg_read_scanlines(&read.info, &row, 1);
  }
  return true;
}

int orientation_of(const jpeg_decompress_struct& info) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(kExif)) return exif_orientation(data.substr(kExif.size()));
  }
  return 1;
}

}  // namespace

Picture decode_jpeg(std::string_view bytes, const std::string& name) {
  JpegRead read;
  read.info.err = jpeg_std_error(&read.errors);
  read.info.client_data = &read;
  read.errors.error_exit = on_error;
  read.errors.emit_message = on_message;
  read.progress.progress_monitor = on_progress;
  const auto damaged = [&] { refuse_picture(name, std::string("damaged JPEG, ") + read.message); };
  if (!read_header(read, bytes)) damaged();
  const int64_t width = read.info.image_width, height = read.info.image_height;
  check_picture_size(name, width, height);
  if (read.info.num_components == 4) refuse_picture(name, "a JPEG of four colours", "RGB or grey");
  Picture picture{width, height, std::vector<uint8_t>(static_cast<size_t>(width * height * 3))};
  if (!read_rows(read, picture.rgb.data())) damaged();
  if (read.cut) refuse_picture(name, "damaged JPEG, the file ends too early");
  return turned(std::move(picture), orientation_of(read.info));
}

}  // namespace headscope
