// A Transformer encoder from the papers' formulas, in double precision, plain loops: what the
// engine is checked against where no golden exists. And weights made of random numbers on demand,
// so that a model of any size needs no file and no memory of its own.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "headscope/runner.h"
#include "io/weight_store.h"
#include "model/spec.h"

namespace headscope {

// Tensors by Hugging Face's names for `spec`, a BERT with norms wherever they are; a tensor's
// numbers depend on its name only. Matrices N(0, 1/√fan_in) in spirit (uniform of that variance),
// so that activations stay of size 1 through any number of layers.
class RandomStore : public WeightStore {
 public:
  explicit RandomStore(const ModelSpec& spec) {
    const int64_t d = spec.width, f = spec.block(0).feed_forward.inner;
    shapes_["embeddings.word_embeddings.weight"] = {spec.embedding.vocab, d};
    shapes_["embeddings.position_embeddings.weight"] = {spec.embedding.position_rows, d};
    shapes_["embeddings.token_type_embeddings.weight"] = {spec.embedding.segments, d};
    add_norm("embeddings.LayerNorm", d);
    for (int64_t l = 0; l < spec.layers(); ++l) {
      const std::string layer = "encoder.layer." + std::to_string(l) + ".";
      for (const char* name : {"attention.self.query", "attention.self.key", "attention.self.value",
                               "attention.output.dense"}) {
        add_linear(layer + name, d, d);
      }
      add_linear(layer + "intermediate.dense", f, d);
      add_linear(layer + "output.dense", d, f);
      add_norm(layer + "attention.output.LayerNorm", d);
      add_norm(layer + "output.LayerNorm", d);
    }
    if (spec.final_norm) add_norm("final.LayerNorm", d);
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, shape] : shapes_) all.push_back(name);
    return all;
  }
  const std::vector<int64_t>* shape(std::string_view name) const override {
    const auto found = shapes_.find(std::string(name));
    return found == shapes_.end() ? nullptr : &found->second;
  }
  const float* data(std::string_view name) const override {
    std::vector<float>& values = made_[std::string(name)];
    if (values.empty()) make(std::string(name), values);
    return values.data();
  }
  void drop_pages(std::string_view name) const override { made_.erase(std::string(name)); }
  const std::string& source() const override { return source_; }

 private:
  void add_linear(const std::string& name, int64_t out, int64_t in) {
    shapes_[name + ".weight"] = {out, in};
    shapes_[name + ".bias"] = {out};
  }
  void add_norm(const std::string& name, int64_t width) {
    shapes_[name + ".weight"] = {width};
    shapes_[name + ".bias"] = {width};
  }
  void make(const std::string& name, std::vector<float>& values) const {
    const std::vector<int64_t>& shape = shapes_.at(name);
    const bool matrix = shape.size() == 2, norm = name.ends_with("LayerNorm.weight");
    size_t count = 1;
    for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
    const bool dense = matrix && !name.starts_with("embeddings.");
    const double fan_in = static_cast<double>(dense ? shape[1] : 1);
    // Sharper scores than 1/√fan_in would give, so that attention is far from uniform.
    const bool score =
        name.find("self.query") != std::string::npos || name.find("self.key") != std::string::npos;
    const double scale = (dense ? std::sqrt(3.0 / fan_in) : 0.3) * (dense && score ? 1.6 : 1.0);
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (const char c : name) state = (state ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
    values.resize(count);
    for (float& value : values) {
      state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's constants
      const double uniform = static_cast<double>(state >> 40) / (1 << 23) - 1;
      value = static_cast<float>(scale * uniform + (norm ? 1 : 0));
    }
  }

  std::string source_ = "random weights";
  std::map<std::string, std::vector<int64_t>> shapes_;
  mutable std::map<std::string, std::vector<float>> made_;
};

struct PlainOutput {
  std::vector<std::vector<double>> hidden;     // [L+1] of [N, D]
  std::vector<std::vector<double>> attention;  // [L] of [H, N, N]
};

PlainOutput run_plain(const ModelSpec& spec, const WeightStore& store,
                      const std::vector<int32_t>& ids, const std::vector<int32_t>& segments,
                      const std::vector<Ablation>& ablations = {});

}  // namespace headscope
