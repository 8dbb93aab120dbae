// Colour ramps of rasters: 256 colours between the stops of ui.md, joined linearly in sRGB. Twin of
// web/src/ui/ramps.ts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace headscope {

class Ramp {
 public:
  // Signed ramps take −1 … 1, others 0 … 1.
  Ramp(bool dark, bool is_signed);

  bool is_signed() const { return signed_; }
  // Place of a value; values outside, and NaN, are the nearest end or (NaN) nothing's colour.
  uint8_t index(double value) const;
  uint8_t nothing() const { return index(0); }
  std::string colour(uint8_t index) const;  // "#RRGGBB"
  // Light letters are read on it.
  bool is_dark(uint8_t index) const;
  const std::vector<std::array<uint8_t, 3>>& colours() const { return colours_; }  // [256]

 private:
  bool signed_;
  std::vector<std::array<uint8_t, 3>> colours_;
};

}  // namespace headscope
