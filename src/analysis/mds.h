// Classical multidimensional scaling (Torgerson 1952).
#pragma once

#include <cstddef>
#include <vector>

namespace headscope {

// Points [n, 2] whose Euclidean distances are nearest to √js. √JS is a metric that embeds in a
// Hilbert space (Endres & Schindelin 2003), so the centred matrix has no negative eigenvalues to
// speak of; JS itself, which Clark et al. used, is its square. js [n, n] symmetric.
std::vector<double> classical_mds(const std::vector<double>& js, size_t n);

}  // namespace headscope
