#include "format/number_text.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <version>

namespace headscope {
namespace portable {

std::string scientific_text(float value) {
  constexpr int kEnough = 8;  // digits behind the point that tell any two float32 apart
  // Above a power of two float32 is twice as coarse as below: there the nearest decimal may read
  // back as the neighbour below where a farther one above does not. A quarter step up finds that.
  const double exact = static_cast<double>(value);
  const double above = exact * (1 + 0x1p-25);
  char text[32];
  for (int digits = 0; digits <= kEnough; ++digits) {
    for (const double candidate : {exact, above}) {
      std::snprintf(text, sizeof text, "%.*e", digits, candidate);
      if (std::strtof(text, nullptr) == value) return text;
    }
  }
  return text;
}

std::string plain_text(float value) {
  const std::string scientific = scientific_text(value);
  const size_t mark = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + mark + 1);
  const size_t first = scientific[0] == '-' ? 1 : 0;
  const auto digits = static_cast<int>(mark - first > 1 ? mark - first - 1 : 1);
  char fixed[64];  // 39 digits at most, or 45 behind the point
  std::snprintf(fixed, sizeof fixed, "%.*f", exponent >= digits - 1 ? 0 : digits - 1 - exponent,
                static_cast<double>(value));
  const std::string plain = fixed;
  return plain.size() <= scientific.size() ? plain : scientific;
}

}  // namespace portable

#ifdef __cpp_lib_to_chars

std::string scientific_text(float value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr};
}

std::string plain_text(float value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

#else

std::string scientific_text(float value) { return portable::scientific_text(value); }
std::string plain_text(float value) { return portable::plain_text(value); }

#endif

}  // namespace headscope
