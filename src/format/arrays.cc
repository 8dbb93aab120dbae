#include "format/arrays.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "headscope/error.h"

namespace headscope {
namespace {

std::string text_of(const std::vector<int64_t>& shape) {
  std::string out;
  for (const int64_t size : shape) {
    out += (out.empty() ? "" : ", ") + (size < 0 ? std::string("any") : std::to_string(size));
  }
  return "[" + out + "]";
}

}  // namespace

template <class T>
void ArrayWriter::add(const std::string& name, DType type, std::vector<int64_t> shape,
                      const std::vector<T>& values) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  if (count != static_cast<int64_t>(values.size())) {
    throw Error(ErrorCode::kInternal, name + ": " + std::to_string(values.size()) + " values",
                text_of(shape));
  }
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                               values.size() * sizeof(T));
  bytes_.emplace_back(bytes);
  tensors_.push_back({prefix_ + name, type, std::move(shape), bytes_.back().data()});
}

void ArrayWriter::put(const std::string& name, std::vector<int64_t> shape,
                      const std::vector<double>& values) {
  add(name, DType::kF64, std::move(shape), values);
}
void ArrayWriter::put(const std::string& name, std::vector<int64_t> shape,
                      const std::vector<float>& values) {
  add(name, DType::kF32, std::move(shape), values);
}
void ArrayWriter::put(const std::string& name, std::vector<int64_t> shape,
                      const std::vector<int64_t>& values) {
  add(name, DType::kI64, std::move(shape), values);
}

void ArrayWriter::put_strings(const std::string& name, const std::vector<std::string>& strings) {
  std::vector<uint8_t> bytes;
  std::vector<int64_t> begin{0};
  for (const std::string& text : strings) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    begin.push_back(static_cast<int64_t>(bytes.size()));
  }
  const auto size = static_cast<int64_t>(bytes.size());
  const auto count = static_cast<int64_t>(begin.size());
  add(name + ".bytes", DType::kU8, {size}, bytes);
  add(name + ".begin", DType::kI64, {count}, begin);
}

std::string ArrayWriter::finish(const std::map<std::string, std::string>& metadata) const {
  return write_safetensors(tensors_, metadata);
}

ArrayReader::ArrayReader(std::string_view bytes, std::string source)
    : source_(std::move(source)),
      view_(std::as_bytes(std::span(bytes.data(), bytes.size())), source_) {}

ArrayReader ArrayReader::within(std::string prefix) const {
  ArrayReader out = *this;
  out.prefix_ = std::move(prefix);
  return out;
}

void ArrayReader::refuse(const std::string& name, const std::string& got,
                         const std::string& expected) const {
  throw Error(ErrorCode::kBadInput, source_ + ": " + prefix_ + name + ": " + got, expected);
}

const TensorEntry& ArrayReader::entry(const std::string& name, DType type,
                                      const std::vector<int64_t>& shape) const {
  const TensorEntry* found = view_.find(prefix_ + name);
  if (!found) refuse(name, "missing", std::string(name_of(type)) + " " + text_of(shape));
  bool fits = found->dtype == type && found->shape.size() == shape.size();
  for (size_t d = 0; fits && d < shape.size(); ++d) {
    fits = shape[d] < 0 || shape[d] == found->shape[d];
  }
  if (!fits) {
    refuse(name, std::string(name_of(found->dtype)) + " " + text_of(found->shape),
           std::string(name_of(type)) + " " + text_of(shape));
  }
  return *found;
}

template <class T>
std::vector<T> ArrayReader::values(const std::string& name, DType type,
                                   const std::vector<int64_t>& shape) const {
  const TensorEntry& found = entry(name, type, shape);
  std::vector<T> out(static_cast<size_t>(found.count()));
  if (!out.empty()) std::memcpy(out.data(), found.data, out.size() * sizeof(T));
  return out;
}

std::vector<double> ArrayReader::doubles(const std::string& name,
                                         const std::vector<int64_t>& shape) const {
  std::vector<double> out = values<double>(name, DType::kF64, shape);
  for (const double x : out) {
    if (!std::isfinite(x)) refuse(name, "a number that is not finite");
  }
  return out;
}

std::vector<float> ArrayReader::floats(const std::string& name,
                                       const std::vector<int64_t>& shape) const {
  std::vector<float> out = values<float>(name, DType::kF32, shape);
  for (const float x : out) {
    if (!std::isfinite(x)) refuse(name, "a number that is not finite");
  }
  return out;
}

std::vector<int64_t> ArrayReader::integers(const std::string& name,
                                           const std::vector<int64_t>& shape) const {
  return values<int64_t>(name, DType::kI64, shape);
}

std::vector<std::string> ArrayReader::strings(const std::string& name) const {
  const TensorEntry& bytes = entry(name + ".bytes", DType::kU8, {-1});
  const std::vector<int64_t> begin = integers(name + ".begin", {-1});
  if (begin.empty() || begin.front() != 0 || begin.back() != bytes.bytes) {
    refuse(name + ".begin", "no places in " + name + ".bytes");
  }
  // All of them before the first is used: between 0 and the last place none lies outside.
  if (!std::is_sorted(begin.begin(), begin.end())) {
    refuse(name + ".begin", "places that do not ascend");
  }
  std::vector<std::string> out;
  for (size_t k = 1; k < begin.size(); ++k) {
    const auto* from = reinterpret_cast<const char*>(bytes.data) + begin[k - 1];
    out.emplace_back(from, static_cast<size_t>(begin[k] - begin[k - 1]));
  }
  return out;
}

}  // namespace headscope
