#include "figure/png.h"

#include <algorithm>

namespace headscope {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";

std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 255);
  return out;
}

uint32_t crc32(std::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t n = 0; n < 256; ++n) {
      uint32_t c = n;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
      table[n] = c;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<uint8_t>(c)) & 255] ^ (crc >> 8);
  return crc ^ 0xFFFFFFFFU;
}

std::string chunk(std::string_view type, const std::string& data) {
  const std::string body = std::string(type) + data;
  return big_endian(static_cast<uint32_t>(data.size())) + body + big_endian(crc32(body));
}

uint32_t adler32(std::string_view bytes) {
  uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return (b << 16) | a;
}

// Deflate (RFC 1951) with the fixed codes. Repeats are searched one byte and one line back, where
// most repeats of a raster are.
class Deflater {
 public:
  std::string compress(std::string_view bytes, size_t line) {
    put(1, 1);  // the last block
    put(1, 2);  // fixed codes
    for (size_t at = 0; at < bytes.size();) {
      const size_t beside = repeat(bytes, at, 1), above = repeat(bytes, at, line);
      const size_t length = std::max(beside, above);
      if (length < 3) {
        literal(static_cast<uint8_t>(bytes[at++]));
        continue;
      }
      put_length(length);
      put_distance(above > beside ? line : 1);
      at += length;
    }
    symbol(256);
    if (filled_ > 0) out_ += static_cast<char>(bits_);
    return std::move(out_);
  }

 private:
  static size_t repeat(std::string_view bytes, size_t at, size_t back) {
    if (back == 0 || back > at || back > 32768) return 0;
    const size_t most = std::min<size_t>(258, bytes.size() - at);
    size_t length = 0;
    while (length < most && bytes[at + length] == bytes[at + length - back]) ++length;
    return length;
  }

  void put(uint32_t value, int count) {  // lowest bit first
    for (int i = 0; i < count; ++i) {
      bits_ |= ((value >> i) & 1) << filled_;
      if (++filled_ == 8) {
        out_ += static_cast<char>(bits_);
        bits_ = 0;
        filled_ = 0;
      }
    }
  }
  void code(uint32_t value, int count) {  // highest bit first, as Huffman codes are
    for (int i = count - 1; i >= 0; --i) put((value >> i) & 1, 1);
  }
  void literal(uint8_t byte) {
    if (byte < 144) {
      code(0x30U + byte, 8);
    } else {
      code(0x190U + byte - 144U, 9);
    }
  }
  void symbol(uint32_t value) {  // 256 … 287
    if (value < 280) {
      code(value - 256, 7);
    } else {
      code(0xC0 + value - 280, 8);
    }
  }
  // RFC 1951, 3.2.5: each code has a first value and extra bits.
  void put_length(size_t length) {
    if (length == 258) return symbol(285);
    uint32_t first = 3, number = 257;
    for (int extra = 0;; ++extra) {
      for (uint32_t i = 0; i < (extra == 0 ? 8U : 4U); ++i, ++number) {
        if (length < first + (1U << extra)) {
          symbol(number);
          return put(static_cast<uint32_t>(length) - first, extra);
        }
        first += 1U << extra;
      }
    }
  }
  void put_distance(size_t distance) {
    uint32_t first = 1, number = 0;
    for (int extra = 0;; ++extra) {
      for (uint32_t i = 0; i < (extra == 0 ? 4U : 2U); ++i, ++number) {
        if (distance < first + (1U << extra)) {
          code(number, 5);
          return put(static_cast<uint32_t>(distance) - first, extra);
        }
        first += 1U << extra;
      }
    }
  }

  std::string out_;
  uint32_t bits_ = 0;
  int filled_ = 0;
};

std::string zlib(const std::string& bytes, size_t line) {
  return std::string("\x78\x01", 2) + Deflater().compress(bytes, line) + big_endian(adler32(bytes));
}

}  // namespace

std::string palette_png(int64_t width, int64_t height, const std::vector<uint8_t>& pixels,
                        const std::vector<std::array<uint8_t, 3>>& colours) {
  std::string lines;
  lines.reserve(static_cast<size_t>(height * (width + 1)));
  for (int64_t y = 0; y < height; ++y) {
    lines += '\0';  // no filter
    for (int64_t x = 0; x < width; ++x) {
      lines += static_cast<char>(pixels[static_cast<size_t>(y * width + x)]);
    }
  }
  std::string palette;
  for (const auto& rgb : colours) {
    for (const uint8_t channel : rgb) palette += static_cast<char>(channel);
  }
  const std::string header = big_endian(static_cast<uint32_t>(width)) +
                             big_endian(static_cast<uint32_t>(height)) +
                             std::string("\x08\x03\x00\x00\x00", 5);  // 8 bits, palette
  return std::string(kSignature) + chunk("IHDR", header) + chunk("PLTE", palette) +
         chunk("IDAT", zlib(lines, static_cast<size_t>(width) + 1)) + chunk("IEND", {});
}

std::string png_with_text(std::string_view png, uint32_t pixels_per_metre,
                          const std::vector<std::pair<std::string, std::string>>& texts) {
  constexpr size_t kHeader = 8 + 25;  // signature and IHDR
  std::string out(png.substr(0, kHeader));
  const std::string density = big_endian(pixels_per_metre);
  out += chunk("pHYs", density + density + '\x01');
  for (const auto& [keyword, text] : texts) {
    // Not compressed, no language, no translated keyword.
    out += chunk("iTXt", keyword + std::string(5, '\0') + text);
  }
  return out + std::string(png.substr(std::min(kHeader, png.size())));
}

}  // namespace headscope
