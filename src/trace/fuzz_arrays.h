// What the fuzz target of attention arrays and the test of its seeds share: an input is a line
// "KIND FORM [BATCH]" (weights, scores or unnormalised; npy or safetensors), a line of tokens in
// JSON (may be empty), and the bytes of a .safetensors or of one or several .npy files in a row.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/attention_arrays.h"

namespace headscope {

// Where a .npy begins, so that several in a row are told apart.
inline std::vector<std::string_view> npy_files(std::string_view bytes) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find(kMagic, begin + 1), bytes.size());
    out.push_back(bytes.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

// Null where the input has not this form. Throws what read_attention_arrays() throws.
inline std::unique_ptr<AttentionSource> read_fuzz_arrays(std::string_view input) {
  const size_t first = input.find('\n');
  const size_t second = first == std::string_view::npos ? first : input.find('\n', first + 1);
  if (second == std::string_view::npos) return nullptr;
  std::istringstream words{std::string(input.substr(0, first))};
  std::string kind, form;
  words >> kind >> form;
  ArrayOptions options;
  options.kind = parse_array_kind(kind);
  if (int64_t batch = 0; words >> batch) options.batch = batch;
  options.tokens = input.substr(first + 1, second - first - 1);
  options.tokens_name = "tokens.json";
  const std::string_view bytes = input.substr(second + 1);
  const std::vector<std::string_view> parts =
      form == "npy" ? npy_files(bytes) : std::vector<std::string_view>{bytes};
  std::vector<ArrayFile> files;
  for (const std::string_view part : parts) {
    files.push_back({"file" + std::to_string(files.size()) + "." + form,
                     std::as_bytes(std::span(part.data(), part.size()))});
  }
  return files.empty() ? nullptr : read_attention_arrays(files, options);
}

}  // namespace headscope
