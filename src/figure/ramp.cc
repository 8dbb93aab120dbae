#include "figure/ramp.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

namespace headscope {
namespace {

constexpr uint32_t kWeight[2][6] = {{0xFFFFFF, 0xABD8F3, 0x58A5E4, 0x3263C3, 0x22308A, 0x14154D},
                                    {0x15171C, 0x30376C, 0x6F4FA1, 0xCA69A3, 0xFFA571, 0xFCF4BE}};
constexpr uint32_t kSigned[2][5] = {{0x9D4616, 0xDB9F76, 0xFFFFFF, 0x80B7E7, 0x0C60A3},
                                    {0xFEB079, 0x925837, 0x15171C, 0x2F6E9E, 0x88CDFD}};

double channel(uint32_t colour, int which) {
  return static_cast<double>((colour >> (16 - 8 * which)) & 255);
}

// Relative luminance of WCAG 2.2.
double luminance(const std::array<uint8_t, 3>& rgb) {
  constexpr double kShare[3] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (size_t c = 0; c < 3; ++c) {
    const double v = rgb[c] / 255.0;
    sum += kShare[c] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  return sum;
}

}  // namespace

Ramp::Ramp(bool dark, bool is_signed) : signed_(is_signed), colours_(256) {
  const std::span<const uint32_t> stops = is_signed
                                              ? std::span<const uint32_t>(kSigned[dark ? 1 : 0])
                                              : std::span<const uint32_t>(kWeight[dark ? 1 : 0]);
  for (size_t i = 0; i < colours_.size(); ++i) {
    const double at = static_cast<double>(i) / 255 * static_cast<double>(stops.size() - 1);
    const size_t low = std::min(static_cast<size_t>(at), stops.size() - 2);
    const double part = at - static_cast<double>(low);
    for (int c = 0; c < 3; ++c) {
      const double a = channel(stops[low], c), b = channel(stops[low + 1], c);
      colours_[i][static_cast<size_t>(c)] = static_cast<uint8_t>(std::lround(a + (b - a) * part));
    }
  }
}

uint8_t Ramp::index(double value) const {
  const double t = signed_ ? value * 0.5 + 0.5 : value;
  if (std::isnan(t)) return nothing();
  return static_cast<uint8_t>(std::lround(std::clamp(t, 0.0, 1.0) * 255));
}

std::string Ramp::colour(uint8_t index) const {
  char text[8];
  const auto& rgb = colours_[index];
  std::snprintf(text, sizeof text, "#%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
  return text;
}

bool Ramp::is_dark(uint8_t index) const { return luminance(colours_[index]) < 0.18; }

}  // namespace headscope
