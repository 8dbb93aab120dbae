// RpcQueue: who is answered next, what is cancelled, how far it is.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>

#include "base/parallel.h"
#include "rpc/service.h"

namespace headscope {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Rpc::Service::Kind;

constexpr size_t kMaxWaiting = 1024, kMaxWaitingOfClient = 256;
constexpr size_t kRemembered = 4096;  // cancelled ids that have not come yet
constexpr int kUrgent = 1;            // priorities up to this one are about what is on screen

struct Job {
  Request request;
  Kind kind = Kind::kLong;
  CancellationToken cancel;
  std::atomic<int64_t> done{0}, total{0};
  // Guarded by the queue's mutex:
  bool running = false, answered = false;
  RpcAnswer answer;
  std::condition_variable changed;

  const Envelope& from() const { return request.envelope; }
};

bool pauses(Kind kind) { return kind == Kind::kLong || kind == Kind::kSliced; }

// Small ones fit inside everything that pauses, sliced ones inside long work.
bool fits_inside(Kind kind, Kind held) {
  return kind == Kind::kSmall || (kind == Kind::kSliced && held == Kind::kLong);
}

// A running job looks at its token; a waiting one is woken. Called with the queue's mutex held.
void cancel_job(Job& job) {
  job.cancel.cancel();
  job.changed.notify_one();
}

Error cancelled() { return {ErrorCode::kInterrupted, "cancelled", "", "", "HS-CANCEL-01"}; }

}  // namespace

struct RpcQueue::State {
  State(Rpc::Service& s, std::chrono::milliseconds i) : service(s), interlude_time(i) {}

  RpcAnswer enqueue_and_wait(Request request, Kind kind);
  void admit(Job& job);
  void cancel_older_runs(const Job& run);
  Job* next(const Job* held, int up_to);
  void perform(Job& job);
  void interlude(const Job& held);
  void finish(Job& job, RpcAnswer answer);
  RpcAnswer progress(const Request& request);
  RpcAnswer cancel(const Request& request);
  bool cancel_one(const std::string& client, int64_t id);

  Rpc::Service& service;
  std::chrono::milliseconds interlude_time;
  std::mutex mutex;
  std::condition_variable arrived;
  std::list<Job*> jobs;  // waiting and running, by arrival; on their callers' stacks
  std::map<std::string, uint64_t> served;  // client → when it was last served
  uint64_t turns = 0;
  std::deque<std::pair<std::string, int64_t>> remembered;
  std::thread::id worker;
  bool stopped = false;
};

// Called with the mutex held.
void RpcQueue::State::admit(Job& job) {
  if (stopped) throw cancelled();
  const auto early =
      std::find(remembered.begin(), remembered.end(), std::pair(job.from().client, job.from().id));
  if (early != remembered.end()) {
    remembered.erase(early);
    throw cancelled();
  }
  const auto mine = std::count_if(jobs.begin(), jobs.end(), [&](const Job* other) {
    return other->from().client == job.from().client;
  });
  if (jobs.size() >= kMaxWaiting || static_cast<size_t>(mine) >= kMaxWaitingOfClient) {
    throw Error(ErrorCode::kUsage, std::to_string(jobs.size()) + " questions wait",
                "fewer than " + std::to_string(kMaxWaiting), "Try again in a moment", "HS-BUSY-01");
  }
  if (job.request.method == "run") cancel_older_runs(job);
  jobs.push_back(&job);
}

void RpcQueue::State::cancel_older_runs(const Job& run) {
  for (Job* other : jobs) {
    if (other->request.method == "run" && other->from().client == run.from().client &&
        other->from().epoch < run.from().epoch) {
      cancel_job(*other);
    }
  }
}

RpcAnswer RpcQueue::State::enqueue_and_wait(Request request, Kind kind) {
  Job job;
  job.request = std::move(request);
  job.kind = kind;
  std::unique_lock<std::mutex> lock(mutex);
  try {
    admit(job);
  } catch (...) {
    return answer_of(&job.request, std::current_exception());
  }
  arrived.notify_one();
  // A waiting job that is cancelled is answered by its own caller, at once.
  job.changed.wait(lock, [&] { return job.answered || (!job.running && job.cancel.cancelled()); });
  if (!job.answered) job.answer = answer_of(&job.request, cancelled());
  jobs.remove(&job);
  return std::move(job.answer);
}

// The most urgent; of equally urgent ones of the client that was served longest ago; of those the
// oldest. While `held` pauses, only questions of at most the priority `up_to` that may be answered
// inside it. Called with the mutex held.
Job* RpcQueue::State::next(const Job* held, int up_to) {
  Job* best = nullptr;
  uint64_t best_served = 0;
  for (Job* job : jobs) {
    if (job->running || job->answered || job->cancel.cancelled()) continue;
    if (held && (!fits_inside(job->kind, held->kind) || job->from().priority > up_to)) continue;
    const uint64_t last = served[job->from().client];
    const bool better = !best || job->from().priority < best->from().priority ||
                        (job->from().priority == best->from().priority && last < best_served);
    if (!better) continue;
    best = job;
    best_served = last;
  }
  if (!best) return nullptr;
  best->running = true;
  if (served.size() > kMaxWaiting) served.clear();
  served[best->from().client] = ++turns;
  return best;
}

void RpcQueue::State::finish(Job& job, RpcAnswer answer) {
  const std::lock_guard<std::mutex> lock(mutex);
  job.answer = std::move(answer);
  job.answered = true;
  job.changed.notify_one();  // with the mutex held: the job is on its caller's stack
}

void RpcQueue::State::perform(Job& job) {
  RunControl control;
  control.cancel = job.cancel;
  control.progress = [this, &job](int64_t done, int64_t total) {
    job.done.store(done, std::memory_order_relaxed);
    job.total.store(total, std::memory_order_relaxed);
    if (pauses(job.kind)) interlude(job);
  };
  RpcAnswer answer;
  try {
    answer = answer_of(job.request, service.handle(job.request, control));
  } catch (...) {
    answer = answer_of(&job.request, std::current_exception());
  }
  finish(job, std::move(answer));
}

// Long work reports between its layers or slices, and there it waits: for more urgent questions
// until there are none, for equally urgent ones, and for those about what is on screen, a moment.
void RpcQueue::State::interlude(const Job& held) {
  if (std::this_thread::get_id() != worker || in_parallel()) return;
  const auto end = Clock::now() + interlude_time;
  while (!held.cancel.cancelled()) {
    const int own = held.from().priority;
    const int up_to = Clock::now() < end ? std::max(kUrgent, own) : own - 1;
    Job* job;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      job = next(&held, up_to);
    }
    if (!job) return;
    perform(*job);
  }
}

RpcAnswer RpcQueue::State::progress(const Request& request) {
  Fields fields(request.body, "");
  for (const char* name : {"rpc", "client", "id", "epoch", "priority"}) fields.has(name);
  const auto ids = fields.integers("ids", kMaxPositions, 0, kMaxId);
  fields.done();
  Reply reply;
  Json& list = reply.json["progress"] = Json::array();
  const std::lock_guard<std::mutex> lock(mutex);
  for (const int64_t id : ids) {
    Json one = {{"id", id}, {"state", "unknown"}, {"done", 0}, {"total", 0}};
    for (const Job* job : jobs) {
      if (job->from().client != request.envelope.client || job->from().id != id) continue;
      one["state"] = job->running ? "running" : "waiting";
      one["done"] = job->done.load(std::memory_order_relaxed);
      one["total"] = job->total.load(std::memory_order_relaxed);
    }
    if (const auto growing = service.growing(request.envelope.client, id)) {
      one["trace"] = growing->trace;
      one["tokens"] = growing->tokens;
    }
    list.push_back(std::move(one));
  }
  return answer_of(request, reply);
}

// Called with the mutex held.
bool RpcQueue::State::cancel_one(const std::string& client, int64_t id) {
  bool found = false;
  for (Job* job : jobs) {
    if (job->from().client != client || job->from().id != id) continue;
    cancel_job(*job);
    found = true;
  }
  return found;
}

RpcAnswer RpcQueue::State::cancel(const Request& request) {
  Fields fields(request.body, "");
  for (const char* name : {"rpc", "client", "id", "epoch", "priority"}) fields.has(name);
  const auto ids = fields.integers("ids", kMaxPositions, 0, kMaxId);
  fields.done();
  Reply reply;
  Json& list = reply.json["cancelled"] = Json::array();
  const std::lock_guard<std::mutex> lock(mutex);
  for (const int64_t id : ids) {
    if (cancel_one(request.envelope.client, id)) {
      list.push_back(id);
      continue;
    }
    remembered.emplace_back(request.envelope.client, id);
    if (remembered.size() > kRemembered) remembered.pop_front();
  }
  return answer_of(request, reply);
}

RpcQueue::RpcQueue(Rpc& rpc, std::chrono::milliseconds interlude)
    : state_(std::make_unique<State>(rpc.service(), interlude)) {}
RpcQueue::~RpcQueue() { stop(); }

RpcAnswer RpcQueue::call(std::string_view method, std::string_view body) {
  std::optional<Request> request;
  try {
    const Kind kind = Rpc::Service::kind_of(method);
    request = parse_request(method, body);
    if (method == "progress") return state_->progress(*request);
    if (method == "cancel") return state_->cancel(*request);
    if (kind == Kind::kLight) return answer_of(*request, state_->service.handle(*request, {}));
    const Kind own = Rpc::Service::kind_of(*request);
    return state_->enqueue_and_wait(std::move(*request), own);
  } catch (...) {
    return answer_of(request ? &*request : nullptr, std::current_exception());
  }
}

void RpcQueue::work() {
  State& s = *state_;
  std::unique_lock<std::mutex> lock(s.mutex);
  s.worker = std::this_thread::get_id();
  while (!s.stopped) {
    Job* job = s.next(nullptr, 0);
    if (!job) {
      s.arrived.wait(lock);
      continue;
    }
    lock.unlock();
    s.perform(*job);
    lock.lock();
  }
}

void RpcQueue::stop() {
  state_->service.set_ending();
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->stopped = true;
  for (Job* job : state_->jobs) cancel_job(*job);
  state_->arrived.notify_all();
}

}  // namespace headscope
