// The tensors of a checkpoint by role: a family's table applied to a file. Presence, shape and
// every number are checked; errors name file and tensor. Matrices come as [out, in], however they
// lie in the file.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/weight_store.h"
#include "kernels/buffer.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "model/family.h"

namespace headscope {

struct NormWeights {
  Buffer gamma, beta;  // [width]; beta empty where the norm has none
  float eps = 0;
  NormKind kind = NormKind::kLayer;
  Norm view() const { return {gamma.data(), beta.data(), eps, kind}; }
};

// One role's share of a matrix product.
struct Output {
  Role role;
  int64_t width = 0;       // rows of its matrix
  int64_t head_width = 0;  // Dh, for tensors whose rows alternate head by head
};

class WeightTable {
 public:
  static constexpr int64_t kNoLayer = -1;

  // Throws Error(kBadInput) where the store has no word embeddings under any of the family's names.
  WeightTable(const Family& family, const WeightStore& store);

  bool has(Role role, int64_t layer = kNoLayer) const;
  // Whole names in the store: NAME.weight and NAME.bias, or a norm's gamma and beta.
  std::string weight_name(Role role, int64_t layer = kNoLayer) const;
  std::string bias_name(Role role, int64_t layer = kNoLayer) const;
  // The table's name itself.
  std::string bare_name(Role role, int64_t layer = kNoLayer) const;

  // Float32 of this shape, all finite. Throws Error(kBadInput): missing, another shape, NaN or
  // infinite. Valid until drop().
  const float* weight(Role role, int64_t layer, const std::vector<int64_t>& shape) const;
  const float* bias(Role role, int64_t layer, const std::vector<int64_t>& shape) const;
  const float* bare(Role role, int64_t layer, const std::vector<int64_t>& shape) const;
  // A copy of a role's weight; its pages are dropped.
  Buffer table(Role role, int64_t layer, const std::vector<int64_t>& shape) const;
  NormWeights norm(Role role, int64_t layer, const NormSpec& spec, int64_t width) const;

  // Matrices [width, in] of `outputs`, one under the other; `bias`: with biases. Parts point into
  // the store or into `copies`.
  std::vector<Linear::Part> parts(std::span<const Output> outputs, int64_t layer, int64_t in,
                                  bool bias, std::vector<Buffer>& copies) const;
  // The same packed, their pages dropped.
  Linear linear(std::span<const Output> outputs, int64_t layer, int64_t in, bool bias,
                Buffer& scratch) const;
  void drop(const std::string& name) const { store_.drop_pages(name); }

  // The trunk's tensors that were asked for: name without prefix → name in the store. Norms are
  // called weight and bias.
  const std::map<std::string, std::string>& trunk() const { return trunk_; }
  const std::string& source() const { return store_.source(); }
  const WeightStore& store() const { return store_; }
  const std::string& prefix() const { return prefix_; }

 private:
  const Row* find(Role role, int64_t layer) const;
  const Row& row(Role role, int64_t layer) const;
  std::string stored(const Row& row, int64_t layer) const;
  const float* read(Role role, const std::string& name, const std::vector<int64_t>& shape) const;
  Linear::Part whole(std::span<const Output> outputs, int64_t layer, int64_t in, bool bias,
                     std::vector<Buffer>& copies) const;

  const Family& family_;
  const WeightStore& store_;
  std::string prefix_;
  mutable std::map<std::string, std::string> trunk_;
};

}  // namespace headscope
