// What tests of kernels share: numbers, and processors that are taken for older ones.
#pragma once

#include <hwy/targets.h>

#include <cstdint>
#include <random>
#include <vector>

namespace headscope {

// Uniform in [−scale, scale].
inline std::vector<float> random_floats(size_t count, float scale, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> out(count);
  for (float& value : out) value = uniform(generator);
  return out;
}

// From now on Highway takes these of its targets for absent; 0: none. A build for one instruction
// set alone, as tools/neon's, has none to leave out.
inline void leave_out([[maybe_unused]] int64_t targets) {
#ifndef HWY_COMPILE_ONLY_STATIC
  hwy::DisableTargets(targets);
#endif
}

}  // namespace headscope
