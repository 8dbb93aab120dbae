// The tensors of a checkpoint by role: a family's table applied to a file. Presence, shape and
// every number are checked; errors name file and tensor. Matrices come as [out, in], however they
// lie in the file.
//
// It has two phases. At first whoever loads goes through all that it will read: presence and shape
// are checked, no number is read, and what comes back is empty. After begin_reading() the same
// calls read; another thread may then read other layers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
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

  // Throws Error(kBadInput) where the store has no word embeddings under any of the family's names,
  // or has them several times, each behind another prefix that the family does not know.
  WeightTable(const Family& family, const WeightStore& store);

  bool has(Role role, int64_t layer = kNoLayer) const;
  // Whole names in the store: NAME.weight and NAME.bias, or a norm's gamma and beta.
  std::string weight_name(Role role, int64_t layer = kNoLayer) const;
  std::string bias_name(Role role, int64_t layer = kNoLayer) const;
  // The table's name itself.
  std::string bare_name(Role role, int64_t layer = kNoLayer) const;

  void begin_reading() { reading_ = true; }
  bool is_reading() const { return reading_; }

  // Float32 of this shape, all finite; null while shapes are checked. Throws Error(kBadInput):
  // missing, another shape, NaN or infinite. Valid until drop().
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
  // Rows [begin, begin + count) of a matrix of `width` columns, all finite; out [count, width].
  void read_rows(const std::string& name, int64_t begin, int64_t count, int64_t width,
                 float* out) const;
  // Presence and shape alone, in both phases.
  void expect(Role role, const std::string& name, int64_t layer,
              const std::vector<int64_t>& shape) const;
  // The same packed, their pages dropped.
  Linear linear(std::span<const Output> outputs, int64_t layer, int64_t in, bool bias,
                Buffer& scratch, ProductKind kind = {}) const;
  void drop(const std::string& name) const { store_.drop_pages(name); }

  // The trunk's tensors whose shapes were checked: name without prefix → name in the store. Norms
  // are called weight and bias.
  const std::map<std::string, std::string>& trunk() const { return trunk_; }
  // Float32 bytes of a layer's tensors, or of those of no layer, word embeddings apart.
  int64_t float_bytes(int64_t layer) const;
  const std::string& source() const { return store_.source(); }
  const WeightStore& store() const { return store_; }
  const std::string& prefix() const { return prefix_; }
  // The prefix is none of the family's, but the only one behind which the word embeddings lie.
  bool is_prefix_found() const { return prefix_found_; }
  // Names of the heads' tensors that were asked for.
  const std::set<std::string>& heads() const { return heads_; }

 private:
  void find_prefix(const std::string& expected);
  const Row* find(Role role, int64_t layer) const;
  const Row& row_of(Role role, int64_t layer) const;
  std::string stored(const Row& row, int64_t layer) const;
  const float* read(Role role, const std::string& name, int64_t layer,
                    const std::vector<int64_t>& shape) const;
  void require_finite(const std::string& name, const float* data, int64_t first,
                      const std::vector<int64_t>& shape) const;
  Linear::Part whole(std::span<const Output> outputs, int64_t layer, int64_t in, bool bias,
                     std::vector<Buffer>& copies) const;

  const Family& family_;
  const WeightStore& store_;
  std::string prefix_;
  bool prefix_found_ = false;
  bool reading_ = false;
  // Filled while shapes are checked.
  mutable std::map<std::string, std::string> trunk_;
  mutable std::map<int64_t, int64_t> float_bytes_;
  mutable std::set<std::string> heads_;
};

}  // namespace headscope
