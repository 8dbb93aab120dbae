#include "base/parallel.h"

#include <atomic>
#include <exception>
#include <mutex>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace headscope {
namespace {

// Also where the team is one thread, which OpenMP does not call parallel: what may happen inside
// must not depend on the number of threads.
//
// Aligned for the linker: mold starts the read-only-after-relocation part of a program at this
// byte, and where it fell behind the last mapped page (an end of code like …ffb), the program did
// not load.
alignas(16) thread_local bool in_loop = false;

class Inside {
 public:
  Inside() { in_loop = true; }
  ~Inside() { in_loop = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_ = in_loop;
};

}  // namespace

#ifdef _OPENMP

void parallel_for(int64_t count, const std::function<void(int64_t)>& body) {
  if (count <= 1 || in_parallel()) {
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::exception_ptr first;
  std::mutex mutex;
  std::atomic<bool> failed{false};
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t i = 0; i < count; ++i) {
    if (failed.load(std::memory_order_relaxed)) continue;
    try {
      const Inside inside;
      body(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!first) first = std::current_exception();
      failed = true;
    }
  }
  if (first) std::rethrow_exception(first);
}

bool in_parallel() { return in_loop || omp_in_parallel() != 0; }

int max_threads() { return omp_get_max_threads(); }

void set_max_threads(int threads) {
  omp_set_num_threads(threads > 0 ? threads : omp_get_num_procs());
}

#else

void parallel_for(int64_t count, const std::function<void(int64_t)>& body) {
  if (count <= 1) {
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  const Inside inside;
  for (int64_t i = 0; i < count; ++i) body(i);
}

bool in_parallel() { return in_loop; }

int max_threads() { return 1; }

void set_max_threads(int) {}

#endif

}  // namespace headscope
