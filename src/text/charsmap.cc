#include "text/charsmap.h"

#include <utf8proc.h>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/reference_unicode.h"

namespace headscope {
namespace {

uint32_t read_u32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  }
  return value;
}

// Fields of a unit (Darts-clone).
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t value_of(uint32_t unit) { return unit & 0x7FFFFFFF; }
uint32_t label_of(uint32_t unit) { return unit & 0x800000FF; }
uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }

// The character that is given to utf8proc: a combining mark for marks that it does not know.
utf8proc_int32_t in_graphemes(char32_t code) {
  constexpr utf8proc_int32_t kGrave = 0x300;
  return is_later_extender(code) ? kGrave : static_cast<utf8proc_int32_t>(code);
}

// `from` characters of the old text become `to`.
void change(std::vector<Change>& changes, size_t from, std::string_view to) {
  size_t count = 0;
  for (size_t at = 0; at < to.size(); ++count) {
    const Utf8Char c = read_utf8(to, at);
    changes.push_back({c.code, count < from ? 0 : 1});
    at += c.bytes;
  }
  if (count < from && !changes.empty()) {
    changes.back().change -= static_cast<int32_t>(from - count);
  }
}

}  // namespace

CharsMap::CharsMap(std::string_view bytes, const std::string& source) {
  const size_t size = bytes.size() >= 4 ? read_u32(bytes, 0) : 0;
  if (bytes.size() < 4 || size > bytes.size() - 4 || size % 4 != 0 || size == 0) {
    throw Error(ErrorCode::kBadInput,
                source + ": a precompiled character map of " + std::to_string(bytes.size()) +
                    " bytes whose array is said to have " + std::to_string(size),
                "sentencepiece's precompiled_charsmap", "Fetch the file again");
  }
  units_.resize(size / 4);
  for (size_t i = 0; i < units_.size(); ++i) units_[i] = read_u32(bytes, 4 + 4 * i);
  texts_ = bytes.substr(4 + size);
}

std::optional<CharsMap::Found> CharsMap::find(std::string_view key, bool longest) const {
  std::optional<Found> found;
  uint32_t node = offset_of(units_[0]);
  for (size_t i = 0; i < key.size(); ++i) {
    const uint32_t byte = static_cast<uint8_t>(key[i]);
    if (byte == 0) break;
    node ^= byte;
    if (node >= units_.size() || label_of(units_[node]) != byte) break;
    const bool leaf = has_leaf(units_[node]);
    node ^= offset_of(units_[node]);
    if (!leaf) continue;
    if (node >= units_.size()) break;
    const uint32_t at = value_of(units_[node]);
    if (at > texts_.size()) break;
    const size_t end = texts_.find('\0', at);
    const size_t size = end == std::string::npos ? end : end - at;
    found = Found{std::string_view(texts_).substr(at, size), i + 1};
    if (!longest) break;
  }
  return found;
}

void CharsMap::apply_longest(AlignedText& text) const {
  AlignedText out;
  out.begin = text.begin;
  constexpr size_t kLongest = 32;  // characters of a key; the rules' longest has fewer
  for (size_t at = 0; at < text.size();) {
    const std::string key = utf8_of(std::u32string_view(text.codes).substr(at, kLongest));
    const auto found = find(key, true);
    size_t last = at + 1;
    if (found) {
      last = at;
      for (size_t byte = 0; byte < found->bytes; byte += read_utf8(key, byte).bytes) ++last;
      const Range source{text.sources[at].begin, text.sources[last - 1].end};
      for (size_t i = 0; i < found->text.size();) {
        const Utf8Char c = read_utf8(found->text, i);
        out.codes.push_back(c.code);
        out.sources.push_back(source);
        i += c.bytes;
      }
    } else {
      out.codes.push_back(text.codes[at]);
      out.sources.push_back(text.sources[at]);
    }
    at = last;
  }
  text = std::move(out);
}

void CharsMap::apply(AlignedText& text) const {
  constexpr size_t kLongestGrapheme = 6;  // bytes; longer ones are mapped by characters
  std::vector<Change> changes;
  changes.reserve(text.size());
  bool changed = false;
  const std::u32string& codes = text.codes;
  for (size_t first = 0; first < codes.size();) {
    size_t last = first + 1;
    for (utf8proc_int32_t state = 0;
         last < codes.size() &&
         !utf8proc_grapheme_break_stateful(in_graphemes(codes[last - 1]), in_graphemes(codes[last]),
                                           &state);) {
      ++last;
    }
    const std::string grapheme = utf8_of(std::u32string_view(codes).substr(first, last - first));
    const auto whole = grapheme.size() < kLongestGrapheme ? find(grapheme, false) : std::nullopt;
    if (whole) {
      changed = true;
      change(changes, last - first, whole->text);
    } else {
      for (size_t at = first; at < last; ++at) {
        const std::string character = utf8_of(std::u32string_view(codes).substr(at, 1));
        if (const auto one = find(character, false)) {
          changed = true;
          change(changes, 1, one->text);
        } else {
          changes.push_back({codes[at], 0});
        }
      }
    }
    first = last;
  }
  if (changed) transform(text, changes);
}

std::string decode_base64(std::string_view text, const std::string& source) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      throw Error(ErrorCode::kBadInput, source + ": a text that is not base64", "base64");
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return out;
}

}  // namespace headscope
