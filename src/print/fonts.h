// The fonts that figures are printed in.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace headscope {

// Makes this process print without fonts of several colours, whose letters (emoji) PDF files hold
// as blots or bitmaps: an outline font has them too. Once; thread-safe.
void use_outline_fonts();

// Characters of UTF-8 `text` beyond ASCII that no font here has, each once.
std::set<char32_t> letters_without_font(std::string_view text);

}  // namespace headscope
