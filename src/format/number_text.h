// float32 → the fewest digits that read back as the same float32, as std::to_chars writes it.
// Emscripten 3.1.6 has no floating to_chars; what stands in for it there is tested here against the
// native one, so that a page writes the same bytes as the program.
#pragma once

#include <string>

namespace headscope {

// "1.5e-05"
std::string scientific_text(float value);
// The shorter of "0.25" and "2.5e-01".
std::string plain_text(float value);

namespace portable {
std::string scientific_text(float value);
std::string plain_text(float value);
}  // namespace portable

}  // namespace headscope
