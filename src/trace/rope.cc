#include "trace/rope.h"

#include <cmath>

namespace headscope {

void unrotate(float* vector, int64_t position, const RopeInfo& rope) {
  const int64_t half = rope.dims / 2;
  for (int64_t i = 0; i < half; ++i) {
    const double frequency =
        rope.inverse_frequencies.empty()
            ? std::pow(rope.theta, -2.0 * static_cast<double>(i) / static_cast<double>(rope.dims))
            : rope.inverse_frequencies[static_cast<size_t>(i)];
    const double angle = static_cast<double>(position) * frequency;
    float& x = vector[rope.interleaved ? 2 * i : i];
    float& y = vector[rope.interleaved ? 2 * i + 1 : i + half];
    const double c = std::cos(angle), s = std::sin(angle);
    const double a = static_cast<double>(x), b = static_cast<double>(y);
    x = static_cast<float>((a * c + b * s) / rope.factor);
    y = static_cast<float>((b * c - a * s) / rope.factor);
  }
}

}  // namespace headscope
