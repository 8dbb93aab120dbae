#include "analysis/spanning_tree.h"

#include <algorithm>

namespace headscope {
namespace {

// The nodes of a cycle among the chosen heads; empty where there is none.
std::vector<int32_t> find_cycle(const std::vector<int32_t>& head) {
  std::vector<int32_t> seen(head.size(), -1);
  for (int32_t start = 0; start < static_cast<int32_t>(head.size()); ++start) {
    int32_t node = start;
    while (node >= 0 && seen[node] < 0) {
      seen[node] = start;
      node = head[node];
    }
    if (node < 0 || seen[node] != start) continue;
    std::vector<int32_t> cycle;
    for (int32_t member = node; cycle.empty() || member != node; member = head[member]) {
      cycle.push_back(member);
    }
    return cycle;
  }
  return {};
}

std::vector<int32_t> best_heads(const std::vector<double>& scores, int32_t n, int32_t root) {
  std::vector<int32_t> head(static_cast<size_t>(n), -1);
  for (int32_t d = 0; d < n; ++d) {
    if (d == root) continue;
    for (int32_t h = 0; h < n; ++h) {
      if (h != d && (head[d] < 0 || scores[d * n + h] > scores[d * n + head[d]])) head[d] = h;
    }
  }
  return head;
}

}  // namespace

// Take each node's best head; while that leaves a cycle, contract it into one node whose incoming
// edges are charged what breaking the cycle there costs, solve the smaller graph, and expand.
std::vector<int32_t> maximum_spanning_tree(std::vector<double> scores, int32_t n, int32_t root) {
  std::vector<int32_t> head = best_heads(scores, n, root);
  const std::vector<int32_t> cycle = find_cycle(head);
  if (cycle.empty()) return head;

  std::vector<bool> inside(static_cast<size_t>(n), false);
  for (const int32_t node : cycle) inside[node] = true;
  std::vector<int32_t> outer;  // smaller graph's node → ours; its last node is the cycle
  for (int32_t node = 0; node < n; ++node) {
    if (!inside[node]) outer.push_back(node);
  }
  const auto m = static_cast<int32_t>(outer.size()) + 1;
  std::vector<double> smaller(static_cast<size_t>(m) * m, 0.0);
  std::vector<int32_t> enters(outer.size());  // where an edge from outer[i] enters the cycle
  std::vector<int32_t> leaves(outer.size());  // the cycle's best head for outer[i]
  for (size_t i = 0; i < outer.size(); ++i) {
    for (size_t j = 0; j < outer.size(); ++j) {
      smaller[i * m + j] = scores[outer[i] * n + outer[j]];
    }
    const auto gain = [&](int32_t node) {
      return scores[node * n + outer[i]] - scores[node * n + head[node]];
    };
    enters[i] = *std::max_element(cycle.begin(), cycle.end(),
                                  [&](int32_t a, int32_t b) { return gain(a) < gain(b); });
    leaves[i] = *std::max_element(cycle.begin(), cycle.end(), [&](int32_t a, int32_t b) {
      return scores[outer[i] * n + a] < scores[outer[i] * n + b];
    });
    smaller[(m - 1) * m + static_cast<int32_t>(i)] = gain(enters[i]);
    smaller[static_cast<int32_t>(i) * m + (m - 1)] = scores[outer[i] * n + leaves[i]];
  }
  const auto small_root =
      static_cast<int32_t>(std::lower_bound(outer.begin(), outer.end(), root) - outer.begin());
  const std::vector<int32_t> solved = maximum_spanning_tree(std::move(smaller), m, small_root);
  for (size_t i = 0; i < outer.size(); ++i) {
    const int32_t parent = solved[i];
    if (parent >= 0) head[outer[i]] = parent == m - 1 ? leaves[i] : outer[parent];
  }
  const int32_t entry = solved[m - 1];
  head[enters[entry]] = outer[entry];
  return head;
}

}  // namespace headscope
