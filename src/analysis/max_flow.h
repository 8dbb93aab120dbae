// Maximum flow on the layered graph of attention flow: levels 0 (input) to D of N nodes each, edges
// only from a level to the one below it, dense.
//
// Dinic's algorithm (1970): breadth-first levels, then a blocking flow along them, until the sink
// is out of reach. Unvisited nodes are kept in a list, so that a search of the dense graph costs
// about its nodes, not its edges; only changed edges are reset between two questions.
// Rejected: an adjacency list (the graph is dense), push–relabel (needs far more resets here).
#pragma once

#include <cstdint>
#include <vector>

namespace headscope {

class LayeredFlow {
 public:
  // capacities[d] [N, N]: from node i of level d+1 to node j of level d, not below 0.
  LayeredFlow(std::vector<const float*> capacities, int64_t n);

  // From `source` of the highest level to `sink` of level 0.
  double max_flow(int64_t source, int64_t sink);

 private:
  using Node = int64_t;  // level·N + index

  double& down(Node from, Node to);         // residual of the edge from → to, one level lower
  double& used(Node upper, Node lower);     // flow on the edge upper → lower
  double residual(Node from, int64_t arc);  // arc < N: down to that index; else up to arc − N
  Node target(Node from, int64_t arc) const;
  double bound(Node source, Node sink);
  bool find_levels(Node source, Node sink);
  double blocking_flow(Node source, Node sink, double room);
  double augment(Node sink, double most);
  void reset();

  std::vector<const float*> capacities_;
  int64_t n_ = 0, depth_ = 0;
  std::vector<double> down_;  // [D, N (upper), N (lower)]
  std::vector<double> used_;  // [D, N (lower), N (upper)]: read along the lower node
  std::vector<int64_t> changed_;
  std::vector<int32_t> distance_;                // [(D+1)·N], −1 = not reached
  std::vector<int64_t> next_arc_;                // [(D+1)·N]
  std::vector<std::vector<int32_t>> unvisited_;  // a level: indices
  std::vector<Node> queue_, path_;
};

}  // namespace headscope
