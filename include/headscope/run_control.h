// Long work checks a cancellation token and reports to a progress sink while it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace headscope {

// Set from any thread, read by the worker per tile and per layer. Copies share one flag.
// (Not std::stop_token: Emscripten 3.1.6 has none.)
class CancellationToken {
 public:
  CancellationToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const { flag_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_->load(std::memory_order_relaxed); }
  // Throws Error(kInterrupted) when cancelled.
  void check() const;

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

// Called from the working thread, cheaply and often; the edge decides what to show and when.
using ProgressSink = std::function<void(int64_t done, int64_t total)>;

struct RunControl {
  CancellationToken cancel;
  ProgressSink progress;  // may be empty
  void report(int64_t done, int64_t total) const {
    if (progress) progress(done, total);
  }
};

}  // namespace headscope
