#include "print/fonts.h"

#include <fontconfig/fontconfig.h>

#include <mutex>

#include "headscope/utf8.h"

namespace headscope {
namespace {

// Pango asks for the family "emoji" where a text has some.
constexpr const char* kRules = R"(<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <selectfont><rejectfont><pattern><patelt name="color"><bool>true</bool></patelt></pattern></rejectfont></selectfont>
  <alias binding="strong"><family>emoji</family><prefer><family>Symbola</family></prefer></alias>
</fontconfig>
)";

// Has no shape of its own: joiners, variation selectors, marks of direction.
bool shapeless(char32_t c) {
  return c < 0x80 || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

void use_outline_fonts() {
  static std::once_flag once;
  std::call_once(once, [] {
    FcConfig* config = FcInitLoadConfig();
    if (config == nullptr) return;  // fontconfig's own choice of fonts stays
    const auto* rules = reinterpret_cast<const FcChar8*>(kRules);
    if (FcConfigParseAndLoadFromMemory(config, rules, FcTrue) && FcConfigBuildFonts(config)) {
      FcConfigSetCurrent(config);
    }
    FcConfigDestroy(config);  // fontconfig holds a reference to the current one
  });
}

std::set<char32_t> letters_without_font(std::string_view text) {
  std::set<char32_t> missing;
  for (size_t pos = 0; pos < text.size();) {
    if (static_cast<unsigned char>(text[pos]) < 0x80) {
      ++pos;
      continue;
    }
    const Utf8Char c = read_utf8(text, pos);
    pos += c.bytes;
    if (!shapeless(c.code)) missing.insert(c.code);
  }
  const FcFontSet* fonts = FcConfigGetFonts(nullptr, FcSetSystem);
  for (int i = 0; fonts != nullptr && i < fonts->nfont && !missing.empty(); ++i) {
    FcCharSet* letters = nullptr;
    if (FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &letters) != FcResultMatch) continue;
    std::erase_if(missing, [letters](char32_t c) { return FcCharSetHasChar(letters, c); });
  }
  return missing;
}

}  // namespace headscope
