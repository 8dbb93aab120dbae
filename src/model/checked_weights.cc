#include "model/checked_weights.h"

#include <algorithm>
#include <cmath>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "kernels/reduce.h"

namespace headscope {

namespace {

// [1, 3] of the element at `index`.
std::string place(int64_t index, const std::vector<int64_t>& shape) {
  std::vector<int64_t> at(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; index /= shape[axis]) at[axis] = index % shape[axis];
  return shape_text(at);
}

}  // namespace

const float* CheckedWeights::tensor(const std::string& name,
                                    const std::vector<int64_t>& shape) const {
  const std::vector<int64_t>* found = store_.shape(name);
  if (!found) {
    throw Error(ErrorCode::kBadInput, source() + " has no tensor " + name,
                "one of shape " + shape_text(shape));
  }
  if (*found != shape) {
    throw Error(ErrorCode::kBadInput, source() + ": " + name + " has shape " + shape_text(*found),
                shape_text(shape));
  }
  const float* data = store_.data(name);
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  const int64_t bad = first_not_finite(data, count);
  if (bad >= 0) {
    throw Error(ErrorCode::kBadInput,
                source() + ": " + name + " is " + (std::isnan(data[bad]) ? "NaN" : "infinite") +
                    " at " + place(bad, shape),
                "finite numbers", "The file is damaged or training diverged");
  }
  return data;
}

Buffer CheckedWeights::copy(const std::string& name, int64_t count) const {
  Buffer buffer(static_cast<size_t>(count));
  std::copy_n(tensor(name, {count}), count, buffer.data());
  return buffer;
}

std::string CheckedWeights::norm_weight(const std::string& name) const {
  return has(name + ".gamma") ? name + ".gamma" : name + ".weight";
}

std::string CheckedWeights::norm_bias(const std::string& name) const {
  return has(name + ".beta") ? name + ".beta" : name + ".bias";
}

}  // namespace headscope
