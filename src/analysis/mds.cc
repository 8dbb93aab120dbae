#include "analysis/mds.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace headscope {

std::vector<double> classical_mds(const std::vector<double>& js, size_t n) {
  std::vector<double> xy(n * 2, 0.0);
  if (n < 2) return xy;
  const auto size = static_cast<Eigen::Index>(n);
  // Squared distances are js itself: B = −½ J js J.
  const Eigen::MatrixXd squared = Eigen::Map<const Eigen::MatrixXd>(js.data(), size, size);
  const Eigen::MatrixXd centre =
      Eigen::MatrixXd::Identity(size, size) -
      Eigen::MatrixXd::Constant(size, size, 1.0 / static_cast<double>(n));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(-0.5 * centre * squared * centre);
  for (Eigen::Index axis = 0; axis < 2; ++axis) {
    const Eigen::Index column = size - 1 - axis;
    const double scale = std::sqrt(std::max(0.0, solver.eigenvalues()(column)));
    Eigen::VectorXd v = solver.eigenvectors().col(column);
    // An eigenvector's sign is arbitrary: the largest entry is made positive.
    Eigen::Index largest = 0;
    v.cwiseAbs().maxCoeff(&largest);
    if (v(largest) < 0) v = -v;
    for (Eigen::Index i = 0; i < size; ++i) {
      xy[static_cast<size_t>(i) * 2 + static_cast<size_t>(axis)] = v(i) * scale;
    }
  }
  return xy;
}

}  // namespace headscope
