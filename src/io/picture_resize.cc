// Pillow's resampling of 8-bit pictures (src/libImaging/Resample.c): weights of each output pixel
// over the input pixels under its filter, as fixed-point numbers of 22 bits.
#include <algorithm>
#include <cmath>

#include "headscope/error.h"
#include "io/picture.h"

namespace headscope {

namespace {

constexpr int kBits = 32 - 8 - 2;
constexpr double kPi = 3.14159265358979323846;

double sinc(double x) {
  if (x == 0) return 1;
  x *= kPi;
  return std::sin(x) / x;
}

double support_of(Resampling filter) {
  switch (filter) {
    case Resampling::kBox:
      return 0.5;
    case Resampling::kBilinear:
    case Resampling::kHamming:
      return 1;
    case Resampling::kBicubic:
      return 2;
    case Resampling::kLanczos:
      return 3;
  }
  return 1;
}

double weight_of(Resampling filter, double x) {
  switch (filter) {
    case Resampling::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Resampling::kBilinear:
      return std::max(0.0, 1 - std::abs(x));
    case Resampling::kHamming:
      x = std::abs(x);
      if (x >= 1) return 0;
      return sinc(x) * (0.54 + 0.46 * std::cos(kPi * x));
    case Resampling::kBicubic: {
      constexpr double kA = -0.5;
      x = std::abs(x);
      if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * kA : 0;
    }
    case Resampling::kLanczos:
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

// The input pixels of one output pixel, and their weights.
struct Window {
  int64_t first = 0;
  std::vector<int32_t> weights;
};

std::vector<Window> windows(int64_t from, int64_t to, Resampling filter) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double wide = std::max(scale, 1.0), support = support_of(filter) * wide;
  std::vector<Window> out;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first =
        std::max<int64_t>(static_cast<int64_t>(std::floor(centre - support + 0.5)), 0);
    const auto end =
        std::min<int64_t>(static_cast<int64_t>(std::floor(centre + support + 0.5)), from);
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = first; j < end; ++j) {
      weights.push_back(weight_of(filter, (static_cast<double>(j) - centre + 0.5) / wide));
      sum += weights.back();
    }
    Window window{first, {}};
    for (const double weight : weights) {
      const double share = sum == 0 ? weight : weight / sum;
      const double fixed = share * (1 << kBits);
      window.weights.push_back(static_cast<int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5));
    }
    out.push_back(std::move(window));
  }
  return out;
}

// One output value: a weighted sum of bytes `stride` apart.
uint8_t mixed(const Window& window, const uint8_t* bytes, int64_t stride) {
  int32_t sum = 1 << (kBits - 1);
  for (const int32_t weight : window.weights) {
    sum += *bytes * weight;
    bytes += stride;
  }
  return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

}  // namespace

Picture resize(const Picture& picture, int64_t width, int64_t height, Resampling filter) {
  if (width < 1 || height < 1 || width > kMostPictureSide || height > kMostPictureSide) {
    throw Error(ErrorCode::kInternal, "a resized picture without pixels", "1 or more a side");
  }
  Picture across = picture;
  if (width != picture.width) {
    across = {width, picture.height, {}};
    across.rgb.reserve(static_cast<size_t>(width * picture.height * 3));
    const auto columns = windows(picture.width, width, filter);
    for (int64_t y = 0; y < picture.height; ++y) {
      const uint8_t* row = picture.rgb.data() + y * picture.width * 3;
      for (const Window& window : columns) {
        for (int c = 0; c < 3; ++c) {
          across.rgb.push_back(mixed(window, row + window.first * 3 + c, 3));
        }
      }
    }
  }
  if (height == across.height) return across;
  Picture out{width, height, {}};
  out.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (const Window& window : windows(across.height, height, filter)) {
    const uint8_t* rows = across.rgb.data() + window.first * width * 3;
    for (int64_t i = 0; i < width * 3; ++i) out.rgb.push_back(mixed(window, rows + i, width * 3));
  }
  return out;
}

}  // namespace headscope
