// The carrier's threads and its end. (What it lets in: tests/server.)
#include "server/carrier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/growing_pool.h"

namespace headscope::server {
namespace {

// Each of these hangs where it fails: the test's time limit ends it.

TEST(Carrier, StopBeforeItListensIsHeard) {
  Rpc rpc;
  RpcQueue queue(rpc);
  Carrier carrier(queue, {.port = 0}, 1 << 20);
  carrier.stop();
  carrier.listen();
}

// The signal that ends the program may come while the library is about to listen.
TEST(Carrier, StopWhileItBeginsToListenIsHeard) {
  for (int i = 0; i < 200; ++i) {
    Rpc rpc;
    RpcQueue queue(rpc);
    Carrier carrier(queue, {.port = 0}, 1 << 20);
    std::thread listener([&] { carrier.listen(); });
    carrier.stop();
    listener.join();
  }
}

TEST(GrowingPool, RunsAsManyTasksAtOnceAsAreGiven) {
  constexpr int kTasks = 300;
  GrowingPool pool(kTasks);
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0;
  bool all = false;
  for (int i = 0; i < kTasks; ++i) {
    pool.enqueue([&] {
      std::unique_lock<std::mutex> lock(mutex);
      all = ++begun == kTasks;
      changed.notify_all();
      changed.wait(lock, [&] { return all; });
    });
  }
  pool.shutdown();
  EXPECT_EQ(begun, kTasks);
}

TEST(GrowingPool, BeyondItsLimitTasksWaitForTheirTurn) {
  constexpr int kTasks = 100;
  GrowingPool pool(2);
  std::mutex mutex;
  int running = 0, most = 0, done = 0;
  for (int i = 0; i < kTasks; ++i) {
    pool.enqueue([&] {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        most = std::max(most, ++running);
      }
      std::this_thread::yield();
      const std::lock_guard<std::mutex> lock(mutex);
      --running;
      ++done;
    });
  }
  pool.shutdown();
  EXPECT_EQ(done, kTasks);
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace headscope::server
