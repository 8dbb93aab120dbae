// parallel_for: the one way work is spread over threads. Natively it is the OpenMP team of the
// calling (compute) thread; in WebAssembly it is a plain loop.
//
// Results must not depend on the number of threads: each index writes its own output, reductions
// over indices are done by the caller in a fixed order.
#pragma once

#include <cstdint>
#include <functional>

#include "headscope/threads.h"

namespace headscope {

// Calls body(i) for i in [0, count), in any order, on max_threads() threads. The first exception
// that a body throws is rethrown after all have stopped. Not reentrant: a nested call runs
// serially.
void parallel_for(int64_t count, const std::function<void(int64_t)>& body);

// The caller is inside a parallel_for of two or more indices (or another team's work), on whichever
// thread and with any number of threads. One index alone is a plain call: what it calls may be
// parallel.
bool in_parallel();

}  // namespace headscope
