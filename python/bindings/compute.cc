#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "bindings.h"

namespace headscope::python {
namespace {

struct Job {
  const std::function<void(const RunControl&)>* work = nullptr;
  RunControl control;
  std::exception_ptr failed;
  bool done = false;
};

// The computing thread. It lives as long as the process; a forked child starts its own.
class Computer {
 public:
  static Computer& here() {
    static Computer* computer =
        new Computer();  // never destroyed: its thread may be at work when Python ends
    if (computer->process_ != getpid()) computer = new Computer();
    return *computer;
  }

  void start(Job& job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(&job);
    changed_.notify_all();
  }
  // True when the job is done, false after a tenth of a second.
  bool wait(const Job& job) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return job.done; });
  }

 private:
  Computer() : process_(getpid()) {
    std::thread([this] { run(); }).detach();
  }
  [[noreturn]] void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !jobs_.empty(); });
      Job& job = *jobs_.front();
      jobs_.pop_front();
      lock.unlock();
      try {
        job.control.cancel.check();
        (*job.work)(job.control);
      } catch (...) {
        job.failed = std::current_exception();
      }
      lock.lock();
      job.done = true;
      changed_.notify_all();
    }
  }

  const pid_t process_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> jobs_;
};

// What a progress callback is told, on the calling thread: the newest numbers, when they have
// changed.
struct Told {
  std::mutex mutex;
  int64_t done = 0, total = 0;
  bool news = false;
};

// Calls Python; the GIL is held.
void tell(const nb::object& progress, Told& told) {
  int64_t done, total;
  {
    const std::scoped_lock lock(told.mutex);
    if (!told.news) return;
    told.news = false;
    done = told.done;
    total = told.total;
  }
  progress(done, total);
}

}  // namespace

void compute(const nb::object& progress, const std::function<void(const RunControl&)>& work) {
  Told told;
  Job job;
  job.work = &work;
  job.control.progress = [&](int64_t done, int64_t total) {
    const std::scoped_lock lock(told.mutex);
    told.done = done;
    told.total = total;
    told.news = true;
  };
  Computer& computer = Computer::here();
  computer.start(job);
  // An exception of Python's (Ctrl-C, the callback) waits until the computing thread is out of
  // `work`.
  std::exception_ptr raised;
  for (bool done = false; !done;) {
    {
      const nb::gil_scoped_release released;
      done = computer.wait(job);
    }
    if (raised) continue;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (!progress.is_none()) tell(progress, told);
    } catch (...) {
      raised = std::current_exception();
      job.control.cancel.cancel();
    }
  }
  if (raised) std::rethrow_exception(raised);
  if (job.failed) std::rethrow_exception(job.failed);
}

}  // namespace headscope::python
