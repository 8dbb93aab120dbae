// Tensor views: pointer + shape, row-major and dense, never owning.
//
// Shape letters, the same in every comment, docstring and error:
//   L layers · H query heads · Hk key/value heads · N query tokens · M key tokens (= N in
//   self-attention) · D model width · Dh head width · F feed-forward width · V vocabulary · B batch
// Layers and heads count from 0 and are written L2H0. Ranges i:j are half-open.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace headscope {

// Half-open [begin, end).
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
  friend bool operator==(const Range&, const Range&) = default;
};

// One attention head: the model's layer number and the head in that layer.
struct HeadId {
  int layer = 0;
  int head = 0;
  friend auto operator<=>(const HeadId&, const HeadId&) = default;
};
std::string to_string(HeadId id);  // "L2H0"
// Parses "L2H0". Throws Error(kUsage) naming what it got.
HeadId parse_head_id(const std::string& text);

// One head of one stack. `stack` indexes TraceInfo::stacks; head_name() of headscope/trace_info.h
// writes it.
struct HeadRef {
  int stack = 0;
  HeadId id;

  HeadRef() = default;
  // No aggregate: {2, 0} would be layer 0 of stack 2 to a compiler and L2H0 to its writer.
  HeadRef(int stack_index, HeadId head) : stack(stack_index), id(head) {}
  friend auto operator<=>(const HeadRef&, const HeadRef&) = default;
};

inline constexpr int kMaxRank = 4;

template <class T>
class TensorView {
 public:
  TensorView() = default;
  TensorView(T* data, std::initializer_list<int64_t> shape) : data_(data) {
    assert(shape.size() <= kMaxRank);
    for (int64_t extent : shape) shape_[rank_++] = extent;
  }

  T* data() const { return data_; }
  int rank() const { return rank_; }
  int64_t extent(int axis) const { return shape_[axis]; }
  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= shape_[i];
    return n;
  }
  bool empty() const { return data_ == nullptr; }

  // The view with the first axis fixed: view[i] of [A,B,C] is [B,C].
  TensorView operator[](int64_t i) const {
    assert(rank_ >= 1 && i >= 0 && i < shape_[0]);
    TensorView sub;
    sub.rank_ = rank_ - 1;
    int64_t stride = 1;
    for (int a = 1; a < rank_; ++a) stride *= (sub.shape_[a - 1] = shape_[a]);
    sub.data_ = data_ + i * stride;
    return sub;
  }
  template <class... I>
  T& operator()(I... index) const {
    assert(sizeof...(index) == static_cast<size_t>(rank_));
    int64_t offset = 0;
    int axis = 0;
    ((offset = offset * shape_[axis++] + static_cast<int64_t>(index)), ...);
    return data_[offset];
  }
  operator TensorView<const T>() const {
    TensorView<const T> out;
    out.assign(data_, shape_, rank_);
    return out;
  }
  void assign(T* data, const std::array<int64_t, kMaxRank>& shape, int rank) {
    data_ = data;
    shape_ = shape;
    rank_ = rank;
  }

 private:
  T* data_ = nullptr;
  std::array<int64_t, kMaxRank> shape_{};
  int rank_ = 0;
};

}  // namespace headscope
