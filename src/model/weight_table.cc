#include "model/weight_table.h"

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
  for (size_t axis = shape.size(); axis-- > 1; index /= shape[axis]) at[axis] = index % shape[axis];
  at[0] = index;  // rows may be the later ones of a matrix
  return shape_text(at);
}

// Replaces the old ending of a norm's tensor (gamma, beta) by today's.
std::string respelled(std::string name) {
  for (const auto& [old_word, word] : {std::pair{".gamma", ".weight"}, {".beta", ".bias"}}) {
    if (name.ends_with(old_word)) name.replace(name.rfind('.'), std::string::npos, word);
  }
  return name;
}

Buffer transposed(const float* from, int64_t rows, int64_t columns) {
  Buffer to(static_cast<size_t>(rows * columns));
  constexpr int64_t kSquare = 32;
  for (int64_t r0 = 0; r0 < rows; r0 += kSquare) {
    for (int64_t c0 = 0; c0 < columns; c0 += kSquare) {
      for (int64_t c = c0; c < std::min(columns, c0 + kSquare); ++c) {
        for (int64_t r = r0; r < std::min(rows, r0 + kSquare); ++r) {
          to.data()[c * rows + r] = from[r * columns + c];
        }
      }
    }
  }
  return to;
}

// [heads, parts, head_width, in] → [parts, heads, head_width, in].
Buffer parts_first(const float* from, int64_t heads, int64_t parts, int64_t block) {
  Buffer to(static_cast<size_t>(heads * parts * block));
  for (int64_t p = 0; p < parts; ++p) {
    for (int64_t h = 0; h < heads; ++h) {
      std::copy_n(from + (h * parts + p) * block, block, to.data() + (p * heads + h) * block);
    }
  }
  return to;
}

}  // namespace

bool is_per_layer(Role role) {
  return role >= Role::kAttentionNorm && role <= Role::kExpertsDownBias;
}
bool is_head(Role role) { return role >= Role::kPooler; }

WeightTable::WeightTable(const Family& family, const WeightStore& store)
    : family_(family), store_(store) {
  std::string first;
  for (const std::string_view prefix : family.prefixes) {
    for (const Row& row : family.rows) {
      if (row.role != Role::kWords && row.role != Role::kPatches) continue;
      const std::string name = std::string(prefix) + std::string(row.name) + ".weight";
      if (first.empty()) first = name;
      if (!store.shape(name)) continue;
      prefix_ = prefix;
      return;
    }
  }
  find_prefix(first);
}

// The prefix of a model inside another one, as "encoder.bert.": that of its word embeddings.
void WeightTable::find_prefix(const std::string& expected) {
  std::set<std::string> found;
  for (const Row& row : family_.rows) {
    if (row.role != Role::kWords && row.role != Role::kPatches) continue;
    const std::string name = std::string(row.name) + ".weight";
    for (const std::string& stored : store_.names()) {
      if (!stored.ends_with(name)) continue;
      const std::string before = stored.substr(0, stored.size() - name.size());
      if (before.ends_with('.')) found.insert(before);
    }
  }
  if (found.size() == 1) {
    prefix_ = *found.begin();
    prefix_found_ = true;
    return;
  }
  std::string got = store_.source() + " has no tensor " + expected;
  std::string several;
  for (const std::string& prefix : found) several += (several.empty() ? "" : ", ") + prefix;
  if (!several.empty()) got += ", but several models, behind " + several;
  throw Error(ErrorCode::kBadInput, got,
              "the embeddings of one " + std::string(family_.name) + " model");
}

std::string WeightTable::stored(const Row& row, int64_t layer) const {
  std::string name(row.name);
  if (const size_t at = name.find("{}"); at != std::string::npos) {
    name.replace(at, 2, std::to_string(layer));
  }
  const bool prefixed = !is_head(row.role) || row.role == Role::kPooler;
  return prefixed ? prefix_ + name : name;
}

// The one of its names that the file has.
const Row* WeightTable::find(Role role, int64_t layer) const {
  for (const Row& row : family_.rows) {
    if (row.role != role) continue;
    const std::string name = stored(row, layer);
    for (const char* end : {"", ".weight", ".gamma", ".bias"}) {
      if (store_.shape(name + end)) return &row;
    }
  }
  return nullptr;
}

const Row& WeightTable::row_of(Role role, int64_t layer) const {
  if (const Row* found = find(role, layer)) return *found;
  for (const Row& row : family_.rows) {
    if (row.role == role) return row;
  }
  throw Error(ErrorCode::kInternal, std::string(family_.name) + "'s table lacks a role",
              "a row for role " + std::to_string(static_cast<int>(role)));
}

bool WeightTable::has(Role role, int64_t layer) const { return find(role, layer) != nullptr; }

std::string WeightTable::bare_name(Role role, int64_t layer) const {
  return stored(row_of(role, layer), layer);
}

std::string WeightTable::weight_name(Role role, int64_t layer) const {
  const std::string name = bare_name(role, layer);
  return name + (store_.shape(name + ".gamma") ? ".gamma" : ".weight");
}

std::string WeightTable::bias_name(Role role, int64_t layer) const {
  const std::string name = bare_name(role, layer);
  return name + (store_.shape(name + ".beta") ? ".beta" : ".bias");
}

void WeightTable::expect(Role role, const std::string& name, int64_t layer,
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
  if (is_head(role)) heads_.insert(name);
  if (reading_ || is_head(role)) return;
  const bool added = trunk_.emplace(respelled(name.substr(prefix_.size())), name).second;
  if (added && role != Role::kWords) float_bytes_[layer] += store_.float_bytes(name);
}

int64_t WeightTable::float_bytes(int64_t layer) const {
  const auto found = float_bytes_.find(layer);
  return found == float_bytes_.end() ? 0 : found->second;
}

// `data` holds the tensor's numbers from `first` on, as many as `shape` has.
void WeightTable::require_finite(const std::string& name, const float* data, int64_t first,
                                 const std::vector<int64_t>& shape) const {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  const int64_t bad = first_not_finite(data, count);
  if (bad < 0) return;
  throw Error(ErrorCode::kBadInput,
              source() + ": " + name + " is " + (std::isnan(data[bad]) ? "NaN" : "infinite") +
                  " at " + place(first + bad, shape),
              "finite numbers", "The file is damaged or training diverged");
}

const float* WeightTable::read(Role role, const std::string& name, int64_t layer,
                               const std::vector<int64_t>& shape) const {
  expect(role, name, layer, shape);
  if (!reading_) return nullptr;
  const float* data = store_.data(name);
  require_finite(name, data, 0, shape);
  return data;
}

void WeightTable::read_rows(const std::string& name, int64_t begin, int64_t count, int64_t width,
                            float* out) const {
  store_.rows(name, begin, count, out);
  require_finite(name, out, begin * width, {count, width});
}

const float* WeightTable::weight(Role role, int64_t layer,
                                 const std::vector<int64_t>& shape) const {
  return read(role, weight_name(role, layer), layer, shape);
}

const float* WeightTable::bias(Role role, int64_t layer, const std::vector<int64_t>& shape) const {
  return read(role, bias_name(role, layer), layer, shape);
}

const float* WeightTable::bare(Role role, int64_t layer, const std::vector<int64_t>& shape) const {
  return read(role, bare_name(role, layer), layer, shape);
}

Buffer WeightTable::table(Role role, int64_t layer, const std::vector<int64_t>& shape) const {
  const float* numbers = weight(role, layer, shape);
  if (!reading_) return {};
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  Buffer buffer(static_cast<size_t>(count));
  std::copy_n(numbers, count, buffer.data());
  drop(weight_name(role, layer));
  return buffer;
}

NormWeights WeightTable::norm(Role role, int64_t layer, const NormSpec& spec, int64_t width) const {
  NormWeights norm;
  norm.eps = spec.eps;
  norm.kind = spec.kind;
  const float* gamma = weight(role, layer, {width});
  const float* beta = spec.bias ? bias(role, layer, {width}) : nullptr;
  if (!reading_) return norm;
  float* to = norm.gamma.reserve(static_cast<size_t>(width));
  for (int64_t c = 0; c < width; ++c) to[c] = spec.one_plus ? 1.0f + gamma[c] : gamma[c];
  if (beta) std::copy_n(beta, width, norm.beta.reserve(static_cast<size_t>(width)));
  return norm;
}

// All roles of `outputs` read one tensor.
Linear::Part WeightTable::whole(std::span<const Output> outputs, int64_t layer, int64_t in,
                                bool with_bias, std::vector<Buffer>& copies) const {
  const Role role = outputs[0].role;
  const Layout layout = row_of(role, layer).layout;
  const bool turned = layout == Layout::kTransposed;
  Linear::Part part;
  for (const Output& output : outputs) part.out += output.width;
  part.weight =
      weight(role, layer,
             turned ? std::vector<int64_t>{in, part.out} : std::vector<int64_t>{part.out, in});
  if (with_bias) part.bias = bias(role, layer, {part.out});
  if (!reading_ || layout == Layout::kRows) return part;
  if (turned) {
    copies.push_back(transposed(part.weight, in, part.out));
    part.weight = copies.back().data();
    return part;
  }
  const auto parts = std::ssize(outputs);
  const int64_t heads = outputs[0].width / outputs[0].head_width;
  copies.push_back(parts_first(part.weight, heads, parts, outputs[0].head_width * in));
  part.weight = copies.back().data();
  if (with_bias) {
    copies.push_back(parts_first(part.bias, heads, parts, outputs[0].head_width));
    part.bias = copies.back().data();
  }
  return part;
}

std::vector<Linear::Part> WeightTable::parts(std::span<const Output> outputs, int64_t layer,
                                             int64_t in, bool with_bias,
                                             std::vector<Buffer>& copies) const {
  std::vector<Linear::Part> parts;
  for (size_t begin = 0; begin < outputs.size();) {
    const std::string name = weight_name(outputs[begin].role, layer);
    size_t end = begin + 1;
    while (end < outputs.size() && weight_name(outputs[end].role, layer) == name) ++end;
    parts.push_back(whole(outputs.subspan(begin, end - begin), layer, in, with_bias, copies));
    begin = end;
  }
  return parts;
}

Linear WeightTable::linear(std::span<const Output> outputs, int64_t layer, int64_t in, bool bias,
                           Buffer& scratch, ProductKind kind) const {
  std::vector<Buffer> copies;
  const std::vector<Linear::Part> all = parts(outputs, layer, in, bias, copies);
  if (!reading_) return {};
  Linear linear(all, in, scratch, kind);
  for (const Output& output : outputs) drop(weight_name(output.role, layer));
  return linear;
}

}  // namespace headscope
