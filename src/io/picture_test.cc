// Pictures against what Pillow reads of the same files (tests/data/pictures/make.py).
#include "io/picture.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "io/picture_decode.h"
#include "test_paths.h"

namespace headscope {
namespace {

std::string folder() { return source_dir() + "/tests/data/pictures/"; }

class Expected {
 public:
  Expected()
      : bytes_(read_file(folder() + "expected.safetensors")),
        view_(std::as_bytes(std::span(bytes_)), "expected") {}

  // Calls use(name, height, width, bytes).
  template <class Use>
  void each(Use use) const {
    for (const TensorEntry& entry : view_.tensors()) {
      if (entry.dtype != DType::kU8) continue;
      ASSERT_EQ(entry.shape.size(), 3u);
      use(entry.name, entry.shape[0], entry.shape[1],
          std::span(reinterpret_cast<const uint8_t*>(entry.data),
                    static_cast<size_t>(entry.count())));
    }
  }

 private:
  std::string bytes_;
  SafetensorsView view_;
};

std::string problem_of(const std::string& bytes) {
  try {
    (void)decode_picture(bytes, "p");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(error.id(), "HS-IMAGE-01");
    return error.what();
  }
  return {};
}

TEST(Picture, FilesAreReadAsPillowReadsThem) {
  int files = 0;
  Expected().each([&](const std::string& name, int64_t height, int64_t width, auto expected) {
    if (name.find('.') == std::string::npos) return;
    const Picture got = decode_picture(read_file(folder() + name), name);
    ASSERT_EQ(got.height, height) << name;
    ASSERT_EQ(got.width, width) << name;
    const bool jpeg = name.ends_with(".jpg");
    int most = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      most = std::max(most, std::abs(int{got.rgb[i]} - int{expected[i]}));
    }
    // Builds of libjpeg may round its inverse transform otherwise.
    EXPECT_LE(most, jpeg ? 1 : 0) << name;
    ++files;
  });
  EXPECT_EQ(files, 17);
}

TEST(Picture, ResizedAsPillowResizes) {
  const Picture photo = decode_picture(read_file(folder() + "photo.png"), "photo.png");
  const std::pair<const char*, Resampling> filters[] = {{"lanczos", Resampling::kLanczos},
                                                        {"bilinear", Resampling::kBilinear},
                                                        {"bicubic", Resampling::kBicubic},
                                                        {"box", Resampling::kBox},
                                                        {"hamming", Resampling::kHamming}};
  int sizes = 0;
  Expected().each([&](const std::string& name, int64_t height, int64_t width, auto expected) {
    for (const auto& [filter_name, filter] : filters) {
      if (!name.starts_with(std::string(filter_name) + " ")) continue;
      const Picture got = resize(photo, width, height, filter);
      ASSERT_EQ(got.rgb.size(), expected.size()) << name;
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), got.rgb.begin())) << name;
      ++sizes;
    }
  });
  EXPECT_EQ(sizes, 20);
}

TEST(Picture, OtherColoursAndOtherFilesAreRefused) {
  EXPECT_NE(problem_of(read_file(folder() + "cmyk.jpg")).find("four colours"), std::string::npos);
  EXPECT_NE(problem_of(read_file(folder() + "grey16.png")).find("16 bits"), std::string::npos);
  EXPECT_NE(problem_of("GIF89a").find("neither PNG nor JPEG"), std::string::npos);
  EXPECT_NE(problem_of("").find("neither PNG nor JPEG"), std::string::npos);
}

TEST(Picture, CutFilesAreRefusedWhereverTheyEnd) {
  for (const char* name : {"photo.png", "photo.jpg", "progressive.jpg"}) {
    const std::string whole = read_file(folder() + name);
    // The last bytes of a PNG are its end mark, after all pixels.
    const size_t pixels_end = whole.size() - (whole[0] == '\x89' ? 16 : 2);
    for (size_t size = 0; size < pixels_end; size += 13) {
      EXPECT_NE(problem_of(whole.substr(0, size)), "") << name << " cut at " << size;
    }
  }
}

// The size is checked before memory is asked for: a header that claims 32768 × 32767 pixels.
TEST(Picture, AClaimedSizeIsNoAllocation) {
  std::string png = read_file(folder() + "photo.png");
  const auto put = [&](size_t at, uint32_t value) {
    for (int i = 0; i < 4; ++i)
      png[at + static_cast<size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(16, 32768);
  put(20, 32767);
  // The header's checksum would be found first; what libpng does with it is its own affair.
  EXPECT_NE(problem_of(png), "");
  EXPECT_THROW(check_picture_size("p", 32768, 32767), Error);
  EXPECT_THROW(check_picture_size("p", 1, 32769), Error);
  EXPECT_THROW(check_picture_size("p", 0, 1), Error);
  EXPECT_NO_THROW(check_picture_size("p", 8192, 8192));

  std::string jpeg = read_file(folder() + "photo.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  for (size_t i = 5; i < 9; ++i) jpeg[frame + i] = '\xff';  // height and width 65535
  EXPECT_NE(problem_of(jpeg), "");
}

// The TIFF structure of EXIF: both byte orders, damaged ones say nothing.
TEST(Picture, OrientationOfDamagedExif) {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0", 22);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0", 22);
  EXPECT_EQ(exif_orientation(little), 6);
  EXPECT_EQ(exif_orientation(big), 8);
  for (size_t size = 0; size < little.size(); ++size) {
    EXPECT_EQ(exif_orientation(std::string_view(little).substr(0, size)), 1);
  }
  std::string wild = little;
  wild[18] = 9;
  EXPECT_EQ(exif_orientation(wild), 1);
  wild = little;
  wild[4] = wild[5] = wild[6] = wild[7] = '\xff';
  EXPECT_EQ(exif_orientation(wild), 1);
}

}  // namespace
}  // namespace headscope
