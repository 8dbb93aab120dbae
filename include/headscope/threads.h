// How many threads work. Results never depend on it.
#pragma once

namespace headscope {

int max_threads();
// 0 restores the default (all processors, or OMP_NUM_THREADS).
void set_max_threads(int threads);

}  // namespace headscope
