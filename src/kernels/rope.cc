#include "kernels/rope.h"

#include <cmath>

#include "base/parallel.h"

namespace headscope {

RopeTable rope_table(std::span<const double> frequencies, double factor, bool interleaved,
                     int64_t positions) {
  RopeTable table;
  table.pairs = static_cast<int64_t>(frequencies.size());
  table.interleaved = interleaved;
  const size_t cells = static_cast<size_t>(positions) * frequencies.size();
  table.cosine.resize(cells);
  table.sine.resize(cells);
  parallel_for(positions, [&](int64_t position) {
    size_t at = static_cast<size_t>(position) * frequencies.size();
    for (const double frequency : frequencies) {
      const float angle = static_cast<float>(position) * static_cast<float>(frequency);
      table.cosine[at] = static_cast<float>(std::cos(double{angle}) * factor);
      table.sine[at++] = static_cast<float>(std::sin(double{angle}) * factor);
    }
  });
  return table;
}

void rotate_row(const RopeTable& table, int64_t position, int64_t heads, int64_t width,
                float* row) {
  const int64_t pairs = table.pairs;
  const float* cosine = table.cosine.data() + position * pairs;
  const float* sine = table.sine.data() + position * pairs;
  const int64_t step = table.interleaved ? 2 : 1, apart = table.interleaved ? 1 : pairs;
  for (int64_t h = 0; h < heads; ++h) {
    float* x = row + h * width;
    for (int64_t i = 0; i < pairs; ++i) {
      float& first = x[i * step];
      float& second = x[i * step + apart];
      const float a = first, b = second;
      first = a * cosine[i] - b * sine[i];
      second = b * cosine[i] + a * sine[i];
    }
  }
}

}  // namespace headscope
