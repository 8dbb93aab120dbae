// Reading reference outputs: safetensors arrays and JSON cases of tests/golden, and the largest
// difference to what the engine gives, printed and bounded.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "format/json.h"
#include "format/read_file.h"
#include "headscope/safetensors.h"
#include "headscope/trace_info.h"
#include "test_paths.h"

namespace headscope {

inline std::string golden_path(const std::string& name) {
  return source_dir() + "/tests/golden/" + name;
}

class GoldenFile {
 public:
  explicit GoldenFile(const std::string& path)
      : bytes_(read_file(path)), view_(std::as_bytes(std::span(bytes_)), path) {}

  bool has(const std::string& name) const { return view_.find(name) != nullptr; }
  const TensorEntry& entry(const std::string& name) const {
    const TensorEntry* found = view_.find(name);
    if (!found) throw std::runtime_error("no golden " + name);
    return *found;
  }
  std::vector<float> floats(const std::string& name) const { return to_float(entry(name)); }
  std::vector<int64_t> integers(const std::string& name) const {
    const TensorEntry& tensor = entry(name);
    std::vector<int64_t> out(static_cast<size_t>(tensor.count()));
    std::memcpy(out.data(), tensor.data, out.size() * sizeof(int64_t));
    return out;
  }
  std::vector<int32_t> ids(const std::string& name) const {
    const auto wide = integers(name);
    return {wide.begin(), wide.end()};
  }

 private:
  std::string bytes_;
  SafetensorsView view_;
};

// A sequence of given ids, as if a tokenizer had made it.
inline TokenSequence sequence_of(std::vector<int32_t> ids, std::vector<int32_t> segments) {
  TokenSequence out;
  const size_t n = ids.size();
  out.tokens.assign(n, "x");
  out.ids = std::move(ids);
  out.segment_ids = segments.empty() ? std::vector<int32_t>(n, 0) : std::move(segments);
  out.sentences = out.segment_ids;
  out.offsets.assign(n, Range{});
  out.special.assign(n, 0);
  out.words.assign(n, 0);
  return out;
}

inline double max_difference(std::span<const float> got, std::span<const float> expected) {
  EXPECT_EQ(got.size(), expected.size());
  double most = 0;
  for (size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    const double difference = std::abs(double{got[i]} - expected[i]);
    most = std::isnan(difference) ? INFINITY : std::max(most, difference);
  }
  return most;
}

// Prints the largest difference and fails where it is above `bound`.
inline void expect_within(const std::string& what, double difference, double bound) {
  std::printf("  %-44s max |difference| %.2e (bound %.0e)\n", what.c_str(), difference, bound);
  EXPECT_LE(difference, bound) << what;
}

}  // namespace headscope
