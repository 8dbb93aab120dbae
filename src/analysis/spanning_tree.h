// Maximum spanning arborescence of a complete directed graph (Chu and Liu 1965, Edmonds 1967).
#pragma once

#include <cstdint>
#include <vector>

namespace headscope {

// scores [n, n]: scores[d·n + h] is the weight of the edge from head h to dependent d (the diagonal
// is not used). Returns the head of each node, -1 for `root`; the sum of the chosen scores is the
// largest of any tree below `root`. O(n³) at worst, n is a sentence's words.
std::vector<int32_t> maximum_spanning_tree(std::vector<double> scores, int32_t n, int32_t root);

}  // namespace headscope
