// Oniguruma's syntax as PCRE2's: a class in a class is a union, \w has Oniguruma's members, \h, ^
// and $ mean something else there. Syntax that is not known to mean the same in both is refused.
#include <algorithm>
#include <array>
#include <optional>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/regex.h"

namespace headscope {
namespace {

// Members of Oniguruma's \w, as the inside of a class.
constexpr std::u32string_view kWord =
    U"\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}\\x{24B6}-\\x{24E9}"
    U"\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}";

constexpr std::array<std::string_view, 38> kCategories = {
    "L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd", "Nl",
    "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",  "Sm", "Sc", "Sk",
    "So", "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Co", "Cs", "Cn", "Any"};
// Scripts whose properties patterns of published tokenizers name.
constexpr std::array<std::string_view, 14> kScripts = {
    "Han",    "Hiragana", "Katakana", "Hangul",     "Latin",   "Greek", "Cyrillic",
    "Arabic", "Hebrew",   "Thai",     "Devanagari", "Bengali", "Tamil", "Armenian"};

template <size_t N>
bool among(const std::array<std::string_view, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Translator {
 public:
  Translator(const std::string& pattern, const std::string& source)
      : pattern_(pattern), source_(source) {
    for (size_t at = 0; at < pattern.size();) {
      const Utf8Char c = read_utf8(pattern, at);
      in_.push_back(c.code);
      at += c.bytes;
    }
  }

  std::u32string run() {
    while (at_ < in_.size()) item();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput,
                source_ + ": the regular expression \"" + pattern_ + "\" has " + what +
                    ", which headscope does not know",
                "classes, groups, lookarounds and quantifiers", "", "HS-TOKENIZER-01");
  }
  char32_t peek(size_t ahead = 0) const {
    return at_ + ahead < in_.size() ? in_[at_ + ahead] : U'\0';
  }
  char32_t take() {
    if (at_ >= in_.size()) refuse("an open end");
    return in_[at_++];
  }
  std::string shown(char32_t c) const {
    std::string text;
    append_utf8(text, c);
    return text;
  }

  void item() {
    const char32_t c = take();
    switch (c) {
      case U'\\':
        escape(false);
        break;
      case U'[':
        out_ += U'[';
        if (peek() == U'^') out_ += take();
        members(0);
        out_ += U']';
        break;
      case U'(':
        group();
        break;
      case U'{':
        repeat();
        break;
      case U'^':
      case U'$':
        (out_ += U"(?m:") += c;  // of a line in Ruby
        out_ += U')';
        break;
      default:
        out_ += c;
    }
  }

  void group() {
    out_ += U'(';
    if (peek() != U'?') return;
    for (const std::u32string_view known :
         {U"?:", U"?=", U"?!", U"?>", U"?<=", U"?<!", U"?i:", U"?i)", U"?-i:"}) {
      if (std::u32string_view(in_).substr(at_).starts_with(known)) {
        out_ += known;
        at_ += known.size();
        return;
      }
    }
    refuse("a group \"(?" + shown(peek(1)) + "\"");
  }

  void repeat() {
    std::u32string counts;
    size_t end = at_;
    while (end < in_.size() && ((in_[end] >= U'0' && in_[end] <= U'9') || in_[end] == U',')) ++end;
    if (end == at_ || end >= in_.size() || in_[end] != U'}') {
      out_ += U"\\{";  // a brace without a count is a character
      return;
    }
    counts = in_.substr(at_, end - at_);
    at_ = end + 1;
    out_ += U'{';
    if (counts.front() == U',') out_ += U'0';
    out_ += counts + U"}";
    if (peek() == U'+') refuse("\"+\" behind a count");
  }

  // Behind a backslash.
  void escape(bool in_class) {
    const char32_t c = take();
    switch (c) {
      case U'p':
      case U'P':
        property(c);
        break;
      case U'w':
        (out_ += in_class ? U"" : U"[") += kWord;
        out_ += in_class ? U"" : U"]";
        break;
      case U'W':
        if (in_class) refuse("\\W in a class");
        ((out_ += U"[^") += kWord) += U"]";
        break;
      case U's':
      case U'S':
      case U'd':
      case U'D':
      case U'r':
      case U'n':
      case U't':
      case U'f':
      case U'e':
      case U'a':
        (out_ += U'\\') += c;
        break;
      case U'v':
        out_ += U"\\x0B";
        break;
      case U'A':
      case U'z':
        if (in_class) refuse("\\" + shown(c) + " in a class");
        (out_ += U'\\') += c;
        break;
      case U'u':
        hexadecimal(4);
        break;
      case U'x':
        if (peek() == U'{') {
          take();
          hexadecimal(0);
          if (take() != U'}') refuse("\\x{…");
        } else {
          hexadecimal(2);
        }
        break;
      default:
        if (c < 0x80 &&
            ((c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z'))) {
          refuse("\\" + shown(c));
        }
        (out_ += U'\\') += c;
    }
  }

  // `digits` of them, or up to six where it is 0.
  void hexadecimal(int digits) {
    const int most = digits == 0 ? 6 : digits;
    std::u32string number;
    while (static_cast<int>(number.size()) < most) {
      const char32_t c = peek();
      const bool digit =
          (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'f') || (c >= U'A' && c <= U'F');
      if (!digit) break;
      number += take();
    }
    if (number.empty() || (digits != 0 && static_cast<int>(number.size()) != digits)) {
      refuse("a broken hexadecimal number");
    }
    (out_ += U"\\x{") += number;
    out_ += U'}';
  }

  void property(char32_t kind) {
    if (take() != U'{') refuse("\\" + shown(kind) + " without a name in braces");
    std::string name;
    bool negated = false;
    for (char32_t c; (c = take()) != U'}';) {
      if (c == U'^' && name.empty()) {
        negated = true;
      } else {
        append_utf8(name, c);
      }
    }
    std::u32string known;
    if (among(kCategories, name)) {
      known.assign(name.begin(), name.end());
    } else if (among(kScripts, name)) {
      known = U"sc:";
      known.append(name.begin(), name.end());
    } else {
      refuse("the property \"" + name + "\"");
    }
    const bool not_in = (kind == U'P') != negated;
    ((out_ += not_in ? U"\\P{" : U"\\p{") += known) += U'}';
  }

  // The members of a class up to its "]".
  void members(int depth) {
    constexpr int kDeepest = 10;
    if (depth > kDeepest) refuse("classes in classes in classes");
    if (peek() == U']') refuse("\"]\" at the start of a class");
    for (char32_t c; (c = take()) != U']';) {
      if (c == U'\\') {
        escape(true);
      } else if (c == U'[') {
        if (peek() == U':') refuse("a POSIX class");
        if (peek() == U'^') refuse("a negated class in a class");
        members(depth + 1);
      } else if (c == U'&' && peek() == U'&') {
        refuse("an intersection of classes");
      } else {
        out_ += c;
      }
    }
  }

  const std::string& pattern_;
  const std::string& source_;
  std::u32string in_, out_;
  size_t at_ = 0;
};

}  // namespace

std::u32string Regex::translate(const std::string& pattern, const std::string& source) {
  return Translator(pattern, source).run();
}

}  // namespace headscope
