#include "headscope/token_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <unordered_set>

#include "base/byte_letters.h"
#include "headscope/utf8.h"

namespace headscope {
namespace {

constexpr std::string_view kMetaspace = "\xE2\x96\x81";  // "▁"

bool all_byte_letters(std::string_view token) {
  for (size_t at = 0; at < token.size();) {
    const Utf8Char c = read_utf8(token, at);
    if (!c.valid || byte_of(c.code) < 0) return false;
    at += c.bytes;
  }
  return true;
}

// SentencePiece's byte fallback: "<0xE6>"; −1 for any other token.
int fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  const int high = digit(token[3]), low = digit(token[4]);
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

// The bytes that the token stands for, not always whole characters.
std::string bytes_of(std::string_view token, bool byte_tokens) {
  // Added tokens of byte-level vocabularies are plain text.
  if (byte_tokens) {
    return all_byte_letters(token) ? from_byte_letters(token) : std::string(token);
  }
  if (const int byte = fallback_byte(token); byte >= 0) return {static_cast<char>(byte)};
  std::string out;
  for (; token.starts_with(kMetaspace); token.remove_prefix(kMetaspace.size())) out += ' ';
  return out.append(token);
}

// Control characters, and what has no shape of its own or changes the direction of the text.
bool invisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200C) ||
         (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069);
}

void append_code(std::string& out, const char* format, unsigned code) {
  char text[16];
  std::snprintf(text, sizeof text, format, code);
  out += text;
}

std::string shown(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const Utf8Char c = read_utf8(bytes, at);
    if (!c.valid) {
      for (size_t i = at; i < at + c.bytes; ++i) {
        append_code(out, "\\x%02x", static_cast<unsigned char>(bytes[i]));
      }
    } else if (c.code == ' ') {
      out += "·";
    } else if (c.code == '\n') {
      out += "⏎";
    } else if (c.code == '\t') {
      out += "⇥";
    } else if (invisible(c.code)) {
      append_code(out, "⟨%x⟩", static_cast<unsigned>(c.code));
    } else {
      out += bytes.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out;
}

// UTF-8 but for a character that is cut at the end.
bool is_utf8_so_far(std::string_view bytes) {
  const auto problem = find_invalid_utf8(bytes);
  if (!problem) return true;
  const Utf8Char cut = read_utf8(bytes, problem->byte);
  return problem->byte + cut.bytes == bytes.size() && cut.bytes < 4 &&
         static_cast<unsigned char>(bytes[problem->byte]) >= 0xC2;
}

using Letters = std::unordered_set<char32_t>;

// The letter, or its other case, stands in the texts: no sign of a byte.
bool occurs(const Letters& texts, char32_t letter) {
  return texts.contains(letter) || texts.contains(letter ^ 0x20) || texts.contains(letter - 1) ||
         texts.contains(letter + 1);
}

}  // namespace

std::string readable_token(std::string_view token, bool byte_tokens) {
  return shown(bytes_of(token, byte_tokens));
}

std::string readable_word(std::span<const std::string> pieces, bool byte_tokens) {
  std::string bytes;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view piece = pieces[i];
    const bool continues = i > 0 && !byte_tokens && piece.starts_with("##");
    bytes += bytes_of(continues ? piece.substr(2) : piece, byte_tokens);
  }
  return shown(bytes);
}

std::span<const std::string> tokens_in(const TokenSequence& tokens, Range range) {
  return std::span(tokens.tokens)
      .subspan(static_cast<size_t>(range.begin), static_cast<size_t>(range.size()));
}

bool has_byte_tokens(const TokenSequence& tokens) {
  Letters texts;
  const std::string_view b = tokens.text_b ? *tokens.text_b : std::string_view();
  for (const std::string_view text : {std::string_view(tokens.text_a), b}) {
    for (size_t at = 0; at < text.size();) {
      const Utf8Char c = read_utf8(text, at);
      texts.insert(c.code);
      at += c.bytes;
    }
  }
  bool sign = false, latin = false;
  std::string run;  // bytes of neighbouring tokens
  for (size_t i = 0; i <= tokens.tokens.size(); ++i) {
    const bool end = i == tokens.tokens.size();
    if (end || (i < tokens.special.size() && tokens.special[i])) {
      if (!is_utf8_so_far(run)) return false;
      // Letters of Latin-1, which words have too, count where they make up whole characters.
      sign |= latin && !find_invalid_utf8(run);
      latin = false;
      run.clear();
      continue;
    }
    const std::string& token = tokens.tokens[i];
    if (!all_byte_letters(token)) return false;
    for (size_t at = 0; at < token.size();) {
      const Utf8Char c = read_utf8(token, at);
      const int byte = byte_of(c.code);
      const bool control = byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r';
      if (control || byte == 0x7F) return false;
      const bool other = byte == ' ' || byte == '\n' || byte >= 0x80;
      (c.code < 0x100 ? latin : sign) |= other && c.code >= 0x80 && !occurs(texts, c.code);
      run.push_back(static_cast<char>(byte));
      at += c.bytes;
    }
  }
  return sign;
}

bool has_byte_tokens(const TraceInfo& info) {
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    for (const Side side : {Side::kQuery, Side::kKey}) {
      if (has_byte_tokens(info.tokens(static_cast<int>(s), side))) return true;
    }
  }
  return false;
}

}  // namespace headscope
