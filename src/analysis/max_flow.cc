#include "analysis/max_flow.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace headscope {
namespace {

// Flow below this is rounding.
constexpr double kNothing = 1e-12;

}  // namespace

LayeredFlow::LayeredFlow(std::vector<const float*> capacities, int64_t n)
    : capacities_(std::move(capacities)), n_(n), depth_(static_cast<int64_t>(capacities_.size())) {
  const auto nodes = static_cast<size_t>((depth_ + 1) * n_);
  down_.reserve(static_cast<size_t>(depth_ * n_ * n_));
  for (const float* level : capacities_) down_.insert(down_.end(), level, level + n_ * n_);
  used_.assign(down_.size(), 0.0);
  distance_.resize(nodes);
  next_arc_.resize(nodes);
  unvisited_.resize(static_cast<size_t>(depth_ + 1));
}

double& LayeredFlow::down(Node from, Node to) { return down_[(from - n_) * n_ + to % n_]; }
double& LayeredFlow::used(Node upper, Node lower) { return used_[lower * n_ + upper % n_]; }

LayeredFlow::Node LayeredFlow::target(Node from, int64_t arc) const {
  const int64_t level = from / n_;
  return arc < n_ ? (level - 1) * n_ + arc : (level + 1) * n_ + (arc - n_);
}

double LayeredFlow::residual(Node from, int64_t arc) {
  if (arc < n_) return from < n_ ? 0.0 : down_[(from - n_) * n_ + arc];
  return from >= depth_ * n_ ? 0.0 : used_[from * n_ + (arc - n_)];
}

// No flow exceeds what leaves the source or enters the sink.
double LayeredFlow::bound(Node source, Node sink) {
  double out = 0, in = 0;
  for (int64_t k = 0; k < n_; ++k) {
    out += down_[(source - n_) * n_ + k];
    in += down_[k * n_ + sink];
  }
  return std::min(out, in);
}

bool LayeredFlow::find_levels(Node source, Node sink) {
  for (auto& level : unvisited_) {
    level.resize(static_cast<size_t>(n_));
    std::iota(level.begin(), level.end(), 0);
  }
  std::fill(distance_.begin(), distance_.end(), -1);
  std::fill(next_arc_.begin(), next_arc_.end(), 0);
  distance_[source] = 0;
  auto& top = unvisited_[source / n_];
  top.erase(top.begin() + source % n_);
  queue_.assign(1, source);
  for (size_t at = 0; at < queue_.size(); ++at) {
    const Node from = queue_[at];
    for (const int64_t step : {int64_t{-1}, int64_t{1}}) {
      const int64_t level = from / n_ + step;
      if (level < 0 || level > depth_) continue;
      auto& open = unvisited_[level];
      for (size_t k = 0; k < open.size();) {
        const int64_t index = open[k];
        if (residual(from, step < 0 ? index : n_ + index) <= kNothing) {
          ++k;
          continue;
        }
        const Node to = level * n_ + index;
        distance_[to] = distance_[from] + 1;
        if (to == sink) return true;
        queue_.push_back(to);
        open[k] = open.back();
        open.pop_back();
      }
    }
  }
  return false;
}

// Sends what the path holds, at most `most`, and cuts the path behind its first full edge.
double LayeredFlow::augment(Node sink, double most) {
  path_.push_back(sink);
  for (size_t k = 0; k + 1 < path_.size(); ++k) {
    most = std::min(most, residual(path_[k], next_arc_[path_[k]]));
  }
  size_t full = path_.size() - 2;
  for (size_t k = path_.size() - 1; k-- > 0;) {
    const Node from = path_[k], to = path_[k + 1];
    const bool lower = to < from - from % n_;
    const Node up = lower ? from : to, below = lower ? to : from;
    const double sign = lower ? most : -most;
    changed_.push_back((up - n_) * n_ + below % n_);
    down(up, below) -= sign;
    used(up, below) += sign;
    if (residual(from, next_arc_[from]) <= kNothing) full = k;
  }
  path_.resize(full + 1);
  return most;
}

double LayeredFlow::blocking_flow(Node source, Node sink, double room) {
  double total = 0;
  path_.assign(1, source);
  while (total < room - kNothing) {
    const Node at = path_.back();
    int64_t& arc = next_arc_[at];
    bool moved = false;
    for (; arc < 2 * n_ && !moved; arc += moved ? 0 : 1) {
      if (residual(at, arc) <= kNothing) continue;
      const Node to = target(at, arc);
      if (distance_[to] != distance_[at] + 1) continue;
      if (to == sink) {
        total += augment(sink, room - total);
      } else {
        path_.push_back(to);
      }
      moved = true;
    }
    if (moved) continue;
    if (at == source) break;
    distance_[at] = -1;  // a dead end
    path_.pop_back();
  }
  return total;
}

double LayeredFlow::max_flow(int64_t source, int64_t sink) {
  const Node from = depth_ * n_ + source;
  const double most = bound(from, sink);
  double total = 0;
  while (total < most - kNothing && find_levels(from, sink)) {
    const double more = blocking_flow(from, sink, most - total);
    if (more <= kNothing) break;
    total += more;
  }
  reset();
  return total;
}

void LayeredFlow::reset() {
  for (const int64_t edge : changed_) {
    const int64_t level = edge / (n_ * n_), upper = edge / n_ % n_, lower = edge % n_;
    down_[edge] = static_cast<double>(capacities_[level][upper * n_ + lower]);
    used_[(level * n_ + lower) * n_ + upper] = 0;
  }
  changed_.clear();
}

}  // namespace headscope
