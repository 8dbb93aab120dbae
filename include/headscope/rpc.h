// The questions of an interface as bytes, and their answers as bytes: docs/wire.md. Answers come
// from traces and, where there is one, from a model. Twin of web/src/api.
//
// Goals: one validated door for server, notebook, WebAssembly and tests; no question blocks a small
// one for long; a bad question is answered with what was got, what was expected and what to do.
// Non-goals: sockets, files, threads of its own: edges bring them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/generation.h"
#include "headscope/input_parts.h"
#include "headscope/precision.h"
#include "headscope/run_control.h"
#include "headscope/runner.h"

namespace headscope {

struct RpcAnswer {
  std::string type;  // media type of `body`
  std::string body;
};

struct RpcOptions {
  // Traces of runs and of opened files that are kept, the newest two always are; of a file that is
  // opened.
  int64_t trace_bytes = int64_t{256} << 20;
  int64_t tile_bytes = int64_t{256} << 20;            // answered tiles that are kept
  std::shared_ptr<const FigurePrinter> printer = {};  // of PDF and PNG figures; null: SVG alone
};

// A model as the wire needs it. Only `runner` must be there; what is null is off, and says so.
struct RpcModel {
  Runner* runner = nullptr;
  ModelInfo info;  // set_model() asks the runner for it, once: the fingerprint may take seconds
  MaskedPredictor* predictor = nullptr;
  NextPredictor* next = nullptr;
  Generator* generator = nullptr;
  const Embeddings* embeddings = nullptr;
  const InputParts* parts = nullptr;
  std::optional<TokenSequence> probe;     // text for induction and duplicate (headscope/probe.h)
  std::string source;                     // shown: the last component of its directory
  bool tokenizer = true;                  // without one it takes ids and no texts
  bool streamed = false;                  // each run reads the weights from their file
  Precision precision = Precision::kF32;  // of its matrix products
  std::vector<std::string> notes;         // Model::notes()
  std::function<int64_t(int64_t tokens)> bytes_needed;  // of a run; may be empty
  std::function<int64_t()> bytes_free;                  // of the machine; may be empty
  std::function<RpcModel(const RunControl&)> again;     // reads it anew; may be empty
  std::shared_ptr<void> owner;                          // keeps the pointers alive; may be null
};

// A model that could take the place of the open one, as its configuration describes it.
struct ListedModel {
  std::string name;    // by which it is opened
  std::string source;  // known (to be fetched), cache, hub, ollama, folder
  std::string kind;    // safetensors, pytorch, gguf; empty where it is not here
  std::string family;  // empty: not known
  int64_t layers = 0, heads = 0, bytes = 0;  // 0: not known
  std::string problem;                       // why it cannot be opened; names no path; empty: none
};

// The models that a page may open by their names. A page never sends a path.
struct RpcModels {
  std::function<std::vector<ListedModel>()> list;  // any thread
  // Reads a listed model; on the computing thread, progress in bytes.
  std::function<RpcModel(const std::string& name, Precision precision, const RunControl& control)>
      open;
  Precision precision = Precision::kF32;  // where a question names none
};

// kFile: of the start; kOpened: a file that a page sent.
enum class TraceOrigin { kDemo, kFile, kRun, kOpened };

class Rpc {
 public:
  explicit Rpc(const RpcOptions& options = {});
  ~Rpc();
  Rpc(const Rpc&) = delete;
  Rpc& operator=(const Rpc&) = delete;

  // What questions can be about. Any thread, at any time.
  // `title`: a file's name without its path. Returns the trace's id.
  std::string add_trace(std::shared_ptr<const AttentionSource> trace, TraceOrigin origin,
                        const std::string& title = {});
  // The JSON of `headscope analyze`. Throws Error(kBadInput) naming `name` where it is none.
  void set_corpus(const std::string& json, const std::string& name);
  // Asks the runner for its model(), which may read all weights; throws what that throws.
  void set_model(RpcModel model);
  // Without it only the model of set_model() is there.
  void set_models(RpcModels models);
  // While a model is being read, to be run in this precision; `done` and `total` in bytes.
  void set_loading(const std::string& model, Precision precision, int64_t done, int64_t total);
  // No model can be had.
  void set_problem(const Error& error);

  // Answers one question on the calling thread. Questions that compute must come one at a time;
  // never throws.
  RpcAnswer answer(std::string_view method, std::string_view body, const RunControl& control = {});

  class Service;
  Service& service() { return *service_; }

 private:
  std::unique_ptr<Service> service_;
};

// Many askers, one computing thread: order by priority, fair between clients, cancellation and
// progress by the asker's ids.
class RpcQueue {
 public:
  // `interlude`: how long small questions may hold up a long one that is as urgent, each time it
  // reports; more urgent ones always go first.
  explicit RpcQueue(Rpc& rpc, std::chrono::milliseconds interlude = std::chrono::milliseconds(10));
  ~RpcQueue();
  RpcQueue(const RpcQueue&) = delete;
  RpcQueue& operator=(const RpcQueue&) = delete;

  // Any thread; returns when the question is answered. Never throws.
  RpcAnswer call(std::string_view method, std::string_view body);
  // The computing thread: answers questions until stop().
  void work();
  // Cancels what waits and runs; from then on every call() is answered at once.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headscope
