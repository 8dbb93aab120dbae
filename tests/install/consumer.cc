// Uses the installed headers and libraries as another program would. Expected: in the article's
// figure head L2H0 looks from "i" (token 1) at "went" (token 2) with 0.999, as PyTorch says on the
// same weights.
#include <cmath>
#include <cstdio>

#include "headscope/demo.h"
#include "headscope/version.h"

int main() {
  const auto trace = headscope::demo_trace();
  float weight = 0;
  trace->weights(headscope::HeadRef{0, {2, 0}}, {1, 2}, {2, 3}, &weight);
  std::printf("headscope %s: L2H0, i to went: %.3f\n", headscope::version(), double{weight});
  return std::abs(weight - 0.999f) < 0.0006f ? 0 : 1;
}
