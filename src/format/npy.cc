#include "format/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected);
}

// The value of 'key' in the header's Python dict literal, as text up to the next key.
std::string_view dict_value(std::string_view header, std::string_view key,
                            const std::string& source) {
  const size_t at = header.find(key);
  if (at == std::string_view::npos) {
    refuse(source, "the .npy header lacks " + std::string(key), "a dict with " + std::string(key));
  }
  std::string_view rest = header.substr(at + key.size());
  const size_t colon = rest.find(':');
  if (colon == std::string_view::npos) refuse(source, "a broken .npy header", "a Python dict");
  rest.remove_prefix(colon + 1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return rest;
}

std::vector<int64_t> parse_shape(std::string_view text, const std::string& source) {
  const size_t close = text.find(')');
  if (text.empty() || text.front() != '(' || close == std::string_view::npos) {
    refuse(source, "the .npy header has no shape", "'shape': (rows, columns)");
  }
  std::vector<int64_t> shape;
  const char* at = text.data() + 1;
  const char* const end = text.data() + close;
  while (at < end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    int64_t dim = 0;
    const auto [next, error] = std::from_chars(at, end, dim);
    if (error != std::errc() || dim < 0) {
      refuse(source, "the shape " + std::string(text.substr(0, close + 1)), "whole numbers");
    }
    shape.push_back(dim);
    at = next;
  }
  return shape;
}

DType parse_descr(std::string_view text, const std::string& source) {
  if (text.starts_with("'<f4'")) return DType::kF32;
  if (text.starts_with("'<f8'")) return DType::kF64;
  if (text.starts_with("'<f2'")) return DType::kF16;
  constexpr size_t kLongestName = 32;
  const size_t end = text.substr(0, kLongestName).find('\'', 1);
  const bool named = text.starts_with('\'') && end != std::string_view::npos;
  refuse(source,
         named ? "the element type " + std::string(text.substr(0, end + 1))
               : "a structured element type",
         "little-endian floats: '<f4', '<f8' or '<f2'");
}

}  // namespace

std::string write_npy(std::span<const float> data, const std::vector<int64_t>& shape) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const int64_t dim : shape) header += std::to_string(dim) + ", ";
  // One dimension needs its comma, more may not end with a blank before the parenthesis in NumPy's
  // own spelling; readers take both.
  if (!shape.empty()) header.resize(header.size() - (shape.size() == 1 ? 1 : 2));
  header += "), }";
  constexpr size_t kPrefix = 10, kAlignment = 64;
  while ((kPrefix + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(data.data()), data.size_bytes());
  return bytes;
}

NpyArray read_npy(std::span<const std::byte> bytes, const std::string& source) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || !text.starts_with(kMagic)) {
    refuse(source, "not a .npy file", "a file that starts with \\x93NUMPY");
  }
  const int major = static_cast<unsigned char>(text[6]);
  if (major < 1 || major > 3) refuse(source, ".npy version " + std::to_string(major), "1 to 3");
  const size_t length_bytes = major == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    length |= static_cast<size_t>(static_cast<unsigned char>(text[8 + i])) << (8 * i);
  }
  const size_t start = 8 + length_bytes;
  if (length > text.size() - start) {
    refuse(source, "a .npy header of " + std::to_string(length) + " bytes",
           "at most the " + std::to_string(text.size() - start) + " that the file has");
  }
  const std::string_view header = text.substr(start, length);
  if (!dict_value(header, "'fortran_order'", source).starts_with("False")) {
    refuse(source, "an array in Fortran order", "C order (numpy.ascontiguousarray)");
  }
  TensorEntry entry;
  entry.dtype = parse_descr(dict_value(header, "'descr'", source), source);
  entry.shape = parse_shape(dict_value(header, "'shape'", source), source);
  const auto expected = checked_bytes(entry.shape, size_of(entry.dtype));
  const size_t got = text.size() - start - length;
  if (!expected || *expected != static_cast<int64_t>(got)) {
    refuse(source, std::to_string(got) + " bytes of data",
           (expected ? std::to_string(*expected) : "fewer") + " by its shape");
  }
  entry.name = source;
  entry.data = bytes.data() + start + length;
  entry.bytes = *expected;
  return {entry.shape, to_float(entry)};
}

}  // namespace headscope
