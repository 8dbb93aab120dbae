// Tensors as the loader takes them: presence, shape and every number checked, errors that name the
// tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/weight_store.h"
#include "kernels/buffer.h"

namespace headscope {

class CheckedWeights {
 public:
  explicit CheckedWeights(const WeightStore& store) : store_(store) {}

  bool has(const std::string& name) const { return store_.shape(name) != nullptr; }
  // Float32 of this shape, all finite. Throws Error(kBadInput): missing, another shape, NaN or
  // infinite.
  const float* tensor(const std::string& name, const std::vector<int64_t>& shape) const;
  // The same without looking at the numbers: they were seen before.
  const float* seen(const std::string& name) const { return store_.data(name); }
  Buffer copy(const std::string& name, int64_t count) const;
  // NAME.weight or NAME.gamma; NAME.bias or NAME.beta.
  std::string norm_weight(const std::string& name) const;
  std::string norm_bias(const std::string& name) const;
  void drop(const std::string& name) const { store_.drop_pages(name); }
  const std::string& source() const { return store_.source(); }

 private:
  const WeightStore& store_;
};

}  // namespace headscope
