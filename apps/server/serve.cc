#include "serve.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "assets.h"
#include "browser.h"
#include "carrier.h"
#include "headscope/demo.h"
#include "headscope/error.h"
#include "headscope/print.h"
#include "headscope/rpc.h"
#include "headscope/threads.h"
#include "headscope/trace.h"
#include "model_shelf.h"

namespace headscope::server {
namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

std::string read_report(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    throw Error(ErrorCode::kNotFound, "no report " + path, "the JSON of headscope analyze");
  return text.str();
}

// Reads the model beside the computing thread: the first screen does not wait for it.
class Loader {
 public:
  Loader(Rpc& rpc, const ModelShelf& shelf, Precision precision, int threads,
         std::function<void(const std::string&)> say)
      : rpc_(rpc), shelf_(shelf), precision_(precision), threads_(threads), say_(std::move(say)) {
    rpc_.set_loading(shelf_.first_name(), precision_, 0, 0);
    thread_ = std::thread([this] { load(); });
  }
  ~Loader() {
    control_.cancel.cancel();
    thread_.join();
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

 private:
  void load() {
    set_max_threads(threads_);  // each thread has its own setting
    const std::string& name = shelf_.first_name();
    control_.progress = [this, name](int64_t done, int64_t total) {
      rpc_.set_loading(name, precision_, done, total);
    };
    try {
      RpcModel model = shelf_.open(name, precision_, control_);
      for (const std::string& note : model.notes) say_(note);
      rpc_.set_model(std::move(model));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) return;
      rpc_.set_problem(error);
      say_(std::string(error.what()) + "; the demo trace is shown");
    } catch (const std::exception& error) {
      rpc_.set_problem(Error(ErrorCode::kInternal, error.what()));
      say_(std::string(error.what()) + "; the demo trace is shown");
    }
  }

  Rpc& rpc_;
  const ModelShelf& shelf_;
  const Precision precision_;
  const int threads_;
  std::function<void(const std::string&)> say_;
  RunControl control_;
  std::thread thread_;
};

// SIGINT and SIGTERM come to wait() alone. Made before any thread, which then inherits it.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  // A second signal ends the program at once.
  void release() const {
    std::signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{};
};

Door door_of(const ServeOptions& options) {
  Door door;
  door.host = options.host;
  door.port = options.port;
  if (is_loopback(options.host)) return door;
  if (!options.allow_remote) {
    throw Error(ErrorCode::kUsage, "--host " + options.host,
                "the loopback interface, or --allow-remote beside it",
                "Then everybody who has the printed address reads the traces and runs the model");
  }
  door.token = random_token();
  return door;
}

void fill(Rpc& rpc, const ServeOptions& options) {
  for (const OpenedSource& one : options.opened) {
    rpc.add_trace(one.source, TraceOrigin::kFile, one.title);
  }
  for (const std::string& path : options.traces) {
    rpc.add_trace(read_trace(path), TraceOrigin::kFile, file_name(path));
  }
  rpc.add_trace(demo_trace(), TraceOrigin::kDemo);
  if (!options.corpus.empty())
    rpc.set_corpus(read_report(options.corpus), file_name(options.corpus));
}

}  // namespace

void serve(const ServeOptions& options, const std::function<void(const std::string&)>& listening,
           const std::function<void(const std::string&)>& say) {
  const Door wanted = door_of(options);
  RpcOptions sizes;
  sizes.printer = make_figure_printer();
  sizes.trace_bytes = sizes.tile_bytes = options.cache_bytes / 2;
  Rpc rpc(sizes);
  fill(rpc, options);
  const ModelShelf shelf(options.model, options.tokenizer, options.model_folders);
  rpc.set_models(
      {[&shelf] { return shelf.list(); },
       [&shelf](const std::string& name, Precision precision, const RunControl& control) {
         return shelf.open(name, precision, control);
       },
       options.precision});
  const Signals signals;
  RpcQueue queue(rpc);
  Carrier carrier(queue, wanted, sizes.trace_bytes);
  std::thread compute([&] {
    set_max_threads(options.threads);
    queue.work();
  });
  std::thread listener([&] { carrier.listen(); });
  {
    const Loader loader(rpc, shelf, options.precision, options.threads, say);
    const Door& door = carrier.door();
    const std::string address =
        origin_of(door, door.host) + "/" + (door.token.empty() ? "" : "#token=" + door.token);
    if (!door.token.empty()) {
      say("Reachable from other machines: whoever has this address reads the traces and runs the "
          "model. The connection is not encrypted.");
    }
    if (!has_page()) {
      say("This program was built without its page, which needs Node.js: the address answers "
          "questions (POST /rpc/METHOD) and shows how to get the page");
    }
    listening(address);
    if (options.open && !open_browser(address)) say("No browser could be started.");
    signals.wait();
    signals.release();
    queue.stop();
    carrier.stop();
  }
  listener.join();
  compute.join();
}

}  // namespace headscope::server
