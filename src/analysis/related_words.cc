#include "analysis/related_words.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr float kCosine = 0.4f;

// The distinct ids of the text's content tokens.
struct Vocabulary {
  std::vector<int32_t> ids;
  std::vector<std::vector<int32_t>> positions;  // of each id, ascending
  std::vector<float> unit;                      // [ids, D] centred embeddings of length 1
};

void normalise(float* v, size_t width) {
  double norm = 0;
  for (size_t k = 0; k < width; ++k) norm += double{v[k]} * v[k];
  const float scale = norm > 0 ? static_cast<float>(1 / std::sqrt(norm)) : 0.0f;
  for (size_t k = 0; k < width; ++k) v[k] *= scale;
}

Vocabulary vocabulary(const TokenSequence& text, const std::vector<uint8_t>& content,
                      const Embeddings& embeddings) {
  Vocabulary out;
  const auto width = static_cast<size_t>(embeddings.width());
  std::unordered_map<int32_t, size_t> row;
  for (size_t i = 0; i < content.size(); ++i) {
    if (!content[i]) continue;
    const auto [at, added] = row.try_emplace(text.ids[i], out.ids.size());
    if (added) {
      out.ids.push_back(text.ids[i]);
      out.positions.emplace_back();
      out.unit.resize(out.ids.size() * width);
      float* v = out.unit.data() + at->second * width;
      embeddings.centred(text.ids[i], v);
      normalise(v, width);
    }
    out.positions[at->second].push_back(static_cast<int32_t>(i));
  }
  return out;
}

float cosine(const float* x, const float* y, size_t width) {
  std::array<float, 16> lane{};
  for (size_t k = 0; k < width; ++k) lane[k % 16] += x[k] * y[k];
  float dot = 0;
  for (const float value : lane) dot += value;
  return dot;
}

}  // namespace

std::unordered_map<int32_t, std::vector<int32_t>> related_words(const TokenSequence& text,
                                                                const std::vector<uint8_t>& content,
                                                                const Embeddings& embeddings,
                                                                int64_t most) {
  const Vocabulary words = vocabulary(text, content, embeddings);
  const auto width = static_cast<size_t>(embeddings.width());
  std::unordered_map<int32_t, std::vector<int32_t>> out;
  int64_t total = 0;
  const auto relate = [&](size_t a, size_t b) {
    std::vector<int32_t>& list = out[words.ids[a]];
    list.insert(list.end(), words.positions[b].begin(), words.positions[b].end());
    total += static_cast<int64_t>(words.positions[b].size());
    if (total <= most) return;
    throw Error(ErrorCode::kBadInput,
                "a text with more than " + std::to_string(most) +
                    " pairs of a word and a place of a related one",
                "fewer", "Analyse it in parts");
  };
  for (size_t a = 0; a < words.ids.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const float* x = words.unit.data() + a * width;
      if (!(cosine(x, words.unit.data() + b * width, width) > kCosine)) continue;
      relate(a, b);
      relate(b, a);
    }
  }
  for (auto& [id, list] : out) std::sort(list.begin(), list.end());
  return out;
}

}  // namespace headscope
