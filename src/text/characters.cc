#include "text/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "text/char_table.h"
#include "text/reference_unicode.h"

namespace headscope {
namespace {

utf8proc_int32_t as_int(char32_t code) { return static_cast<utf8proc_int32_t>(code); }

utf8proc_category_t category(char32_t code) { return utf8proc_category(as_int(code)); }

struct Ordered {
  int combining = 0;
  Change change;
};

// Marks in a row stand in the order of their classes (Unicode 15, 3.11).
void order(std::vector<Ordered>& characters) {
  for (size_t first = 0; first < characters.size();) {
    if (characters[first].combining == 0) {
      ++first;
      continue;
    }
    size_t last = first;
    while (last < characters.size() && characters[last].combining != 0) ++last;
    std::stable_sort(characters.begin() + static_cast<ptrdiff_t>(first),
                     characters.begin() + static_cast<ptrdiff_t>(last),
                     [](const Ordered& a, const Ordered& b) { return a.combining < b.combining; });
    first = last;
  }
}

std::vector<Ordered> decompose(std::u32string_view codes, bool compatible) {
  std::vector<Ordered> out;
  out.reserve(codes.size());
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                      (compatible ? UTF8PROC_COMPAT : 0));
  for (const char32_t code : codes) {
    if (code < 0x80 || is_inert(code)) {
      out.push_back({0, {code, 0}});
      continue;
    }
    constexpr int kLongest = 32;  // the longest decomposition has 18
    std::array<utf8proc_int32_t, kLongest> parts{};
    const auto count =
        utf8proc_decompose_char(as_int(code), parts.data(), kLongest, options, nullptr);
    if (count < 1 || count > kLongest) {
      out.push_back({combining_class(code), {code, 0}});
      continue;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const auto part = static_cast<char32_t>(parts[static_cast<size_t>(i)]);
      out.push_back({combining_class(part), {part, i == 0 ? 0 : 1}});
    }
  }
  order(out);
  return out;
}

// 0 where the two do not compose.
char32_t composed(char32_t first, char32_t second) {
  if (is_inert(first) || is_inert(second)) return 0;
  utf8proc_int32_t pair[] = {as_int(first), as_int(second)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  if (utf8proc_normalize_utf32(pair, 2, options) != 1) return 0;
  const auto whole = static_cast<char32_t>(pair[0]);
  return is_inert(whole) ? 0 : whole;
}

// Unicode 15, 3.11: each mark composes with the last starter unless a mark between blocks it.
std::vector<Change> compose(const std::vector<Ordered>& characters) {
  std::vector<Change> out;
  size_t starter = characters.size();  // index in `out`; none yet
  int last_class = -1;                 // of the marks kept since the starter; −1 none
  for (const Ordered& c : characters) {
    const bool open = starter < out.size();
    if (open && (last_class < 0 || last_class < c.combining)) {
      const char32_t whole = composed(out[starter].code, c.change.code);
      if (whole != 0) {
        out[starter].code = whole;
        out[starter].change += c.change.change - 1;
        continue;
      }
    }
    out.push_back(c.change);
    if (c.combining == 0) {
      starter = out.size() - 1;
      last_class = -1;
    } else {
      last_class = c.combining;
    }
  }
  return out;
}

}  // namespace

int combining_class(char32_t code) {
  return code < 0x300 || is_inert(code) ? 0 : utf8proc_get_property(as_int(code))->combining_class;
}

bool is_white_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_numeric(char32_t code) {
  if (code < 0x80) return code >= '0' && code <= '9';
  const auto c = category(code);
  return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO ||
         is_later_number(code);
}

// is_chinese_char of the reference, which begins the sixth range at U+2B920.
bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_punctuation(char32_t code) {
  if (code < 0x80) {
    return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') ||
           (code >= '[' && code <= '`') || (code >= '{' && code <= '~');
  }
  return char_action(code, false).kind == CharClass::kSplit && !is_ideograph(code);
}

bool is_control(char32_t code) { return char_action(code, false).kind == CharClass::kDrop; }

bool is_nonspacing_mark(char32_t code) {
  return code >= 0x300 && char_action(code, true).kind == CharClass::kDrop &&
         char_action(code, false).kind != CharClass::kDrop;
}

bool is_combining_mark(char32_t code) {
  if (code < 0x300) return false;
  if (code == 0x1CF2 || code == 0x1CF3) return true;
  const auto c = category(code);
  return (c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME) &&
         !is_later_mark(code);
}

bool is_word_character(char32_t code) {
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
           (code >= 'a' && code <= 'z') || code == '_';
  }
  switch (category(stand_in(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
             (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189) ||
             code == 0x200C || code == 0x200D;
  }
}

void normalise(AlignedText& text, NormalForm form) {
  const bool compatible = form == NormalForm::kNfkd || form == NormalForm::kNfkc;
  const bool composes = form == NormalForm::kNfc || form == NormalForm::kNfkc;
  // No character below changes under any form; none below U+0300 changes under NFC.
  const char32_t unchanged = form == NormalForm::kNfc ? 0x300 : 0x80;
  if (std::all_of(text.codes.begin(), text.codes.end(),
                  [&](char32_t code) { return code < unchanged; })) {
    return;
  }
  const std::vector<Ordered> parts = decompose(text.codes, compatible);
  std::vector<Change> changes;
  if (composes) {
    changes = compose(parts);
  } else {
    changes.reserve(parts.size());
    for (const Ordered& part : parts) changes.push_back(part.change);
  }
  transform(text, changes);
}

void lower_case(AlignedText& text) {
  constexpr char32_t kDottedI = 0x130, kDot = 0x307;
  std::vector<Change> changes;
  changes.reserve(text.size());
  for (const char32_t code : text.codes) {
    if (code == kDottedI) {
      changes.push_back({'i', 0});
      changes.push_back({kDot, 1});
    } else if (code < 0x80) {
      changes.push_back({code >= 'A' && code <= 'Z' ? code + 32 : code, 0});
    } else {
      const char32_t later = later_lower_case(code);
      changes.push_back(
          {later != 0 ? later : static_cast<char32_t>(utf8proc_tolower(as_int(code))), 0});
    }
  }
  transform(text, changes);
}

}  // namespace headscope
