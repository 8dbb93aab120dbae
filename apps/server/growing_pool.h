// The threads that serve connections: as many as there are connections at once, up to a limit.
//
// A connection holds its thread while its question waits for the computing thread, and while it is
// idle. With a fixed number of threads some tabs with waiting questions would leave none for the
// `cancel` that ends them, and RpcQueue's own limits could never be reached. Threads stay until the
// end: their number is that of the busiest moment.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace headscope::server {

class GrowingPool {
 public:
  explicit GrowingPool(size_t most) : most_(most) {}
  ~GrowingPool() { shutdown(); }
  GrowingPool(const GrowingPool&) = delete;
  GrowingPool& operator=(const GrowingPool&) = delete;

  void enqueue(std::function<void()> task);
  void shutdown();  // returns when all tasks have ended

 private:
  void work();

  const size_t most_;
  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool closed_ = false;
};

}  // namespace headscope::server
