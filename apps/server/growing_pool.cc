#include "growing_pool.h"

#include <system_error>
#include <utility>

namespace headscope::server {

void GrowingPool::enqueue(std::function<void()> task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.push_back(std::move(task));
  changed_.notify_one();
  if (waiting_.size() <= idle_ || threads_.size() >= most_) return;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // else the other threads serve this task later
  }
}

void GrowingPool::shutdown() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    threads.swap(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void GrowingPool::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    const std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace headscope::server
