// What Rpc keeps, and one member a method of docs/wire.md. Methods throw; RpcQueue and Rpc::answer
// turn answers and errors into bytes.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "headscope/figure.h"
#include "headscope/rpc.h"
#include "headscope/statistics.h"
#include "rpc/derived_sources.h"
#include "rpc/fields.h"
#include "rpc/lru.h"
#include "rpc/message.h"
#include "rpc/trace_store.h"

namespace headscope {

struct CorpusData;

// Pixels of a tile as they travel.
struct CachedTile {
  int64_t rows = 0, cols = 0;
  std::optional<double> total;
  std::shared_ptr<const std::string> bytes;
};

// Labels and scores of every head: those that a map shows (JSON array), each head whole, notes for
// the reader (JSON array), and a table.
struct HeadsText {
  std::string heads;
  std::map<HeadId, std::string> whole;
  std::string notes, csv;
  int64_t bytes() const;
};

class Rpc::Service {
 public:
  explicit Service(const RpcOptions& options);

  enum class Kind {
    kLight,    // answered at once, on the caller's thread
    kSmall,    // computes little and needs no model: may be answered between two layers of a run
    kSliced,   // like kSmall, but of many weights: answers small ones between its slices
    kLong,     // computes on the one thread, which answers all these whenever it reports progress
    kOfQueue,  // progress, cancel: answered by RpcQueue
  };
  // Weights that a small question computes at most, and a sliced one without a pause.
  static constexpr int64_t kWeightsAtOnce = int64_t{1} << 22;
  // Throws Error(kUsage, HS-RPC-02).
  static Kind kind_of(std::string_view method);
  // … of one question: rollout and flow go through all layers below and may take long.
  static Kind kind_of(const Request& request);

  Reply handle(const Request& request, const RunControl& control);

  TraceStore& traces() { return traces_; }
  void set_corpus(std::shared_ptr<const CorpusData> corpus);
  void set_model(RpcModel model);
  void set_models(RpcModels models);
  // The program ends: what is cancelled from now on is not put back.
  void set_ending() { ending_ = true; }
  void set_loading(const std::string& model, Precision precision, int64_t done, int64_t total);
  void set_problem(const Error& error);

  // What a generating run has so far: a trace that is held, of `tokens` tokens.
  struct Growing {
    std::string trace;
    int64_t tokens = 0;
  };
  // Of the client's request `id`; nullopt where it has nothing (any more).
  std::optional<Growing> growing(const std::string& client, int64_t id) const;

 private:
  using Method = Reply (Service::*)(Fields&, const RunControl&);
  struct MethodEntry {
    Kind kind;
    Method method;
  };
  static const std::map<std::string_view, MethodEntry>& methods();

  Reply info(Fields& fields, const RunControl& control);
  Reply models(Fields& fields, const RunControl& control);
  Reply load(Fields& fields, const RunControl& control);
  Reply tokens(Fields& fields, const RunControl& control);
  Reply run(Fields& fields, const RunControl& control);
  Reply trace(Fields& fields, const RunControl& control);
  Reply open(Fields& fields, const RunControl& control);
  Reply picture(Fields& fields, const RunControl& control);
  Reply heads(Fields& fields, const RunControl& control);
  Reply head(Fields& fields, const RunControl& control);
  Reply link(Fields& fields, const RunControl& control);
  Reply tiles(Fields& fields, const RunControl& control);
  Reply row(Fields& fields, const RunControl& control);
  Reply neuron(Fields& fields, const RunControl& control);
  Reply parts(Fields& fields, const RunControl& control);
  Reply predict(Fields& fields, const RunControl& control);
  Reply corpus(Fields& fields, const RunControl& control);
  Reply figure(Fields& fields, const RunControl& control);
  Reply compare(Fields& fields, const RunControl& control);
  Reply numbers(Fields& fields, const RunControl& control);

  // Who asked, by the envelope.
  using Asker = std::pair<std::string, int64_t>;
  static Asker asker_of(Fields& fields);
  // generate.cc: the answer of a `run` that goes on with the text.
  Reply generate(const Asker& asker, const RpcModel& model, const ModelInput& input,
                 const RunSettings& settings, int64_t tokens, const RunControl& control);

  StoredTracePtr trace_of(Fields& fields, const char* field = "trace");
  // The open model; throws Error(kUsage, HS-CAP-01) with the reason where there is none. `what`
  // starts the sentence: "Running a text".
  std::shared_ptr<const RpcModel> model(const std::string& what) const;
  // The open model where it is the one that made the trace, else null.
  std::shared_ptr<const RpcModel> maker_of(const StoredTrace& trace) const;
  // … and an error (the same) where it is not.
  std::shared_ptr<const RpcModel> model_of(const StoredTrace& trace, const std::string& what) const;
  std::shared_ptr<const CorpusData> corpus_data() const;
  // Why there is no model; empty where there is one.
  std::string why_no_model() const;
  Json capabilities() const;
  struct Loading {
    std::string model;
    Precision precision = Precision::kF32;
    int64_t done = 0, total = 0;
  };
  // What a page may open; throws Error(kUsage, HS-CAP-01) where the edge offers nothing.
  RpcModels listed_models() const;
  // Nobody computes with it any more; `loading` is read in its place. Null where there was none.
  std::shared_ptr<const RpcModel> take_model(Loading loading);
  // After a failed load: the model that was open before.
  void put_back(const std::shared_ptr<const RpcModel>& kept,
                const std::function<RpcModel(const RunControl&)>& again);

  // From the cache, or computed.
  std::shared_ptr<const HeadsText> known_heads(const StoredTrace& trace, int stack, bool predictive,
                                               const RunControl& control);
  HeadsText heads_of(const StoredTrace& trace, int stack, bool predictive,
                     const RunControl& control);
  void know_contribution(const StoredTrace& trace, const RunControl& control);
  std::shared_ptr<const Trace> probe_trace(const RpcModel& model);

  std::shared_ptr<const FigurePrinter> printer_;
  TraceStore traces_;
  DerivedSources derived_;
  Lru<CachedTile> tiles_;
  Lru<std::shared_ptr<const HeadsText>> heads_;
  Lru<std::string> runs_;  // question of a run → trace id

  mutable std::mutex mutex_;  // what follows
  std::shared_ptr<const RpcModel> model_;
  RpcModels models_;
  std::shared_ptr<const CorpusData> corpus_;
  std::optional<Error> problem_;
  std::optional<Loading> loading_;
  std::shared_ptr<const Trace> probe_;  // of model_; computed when first asked for
  std::map<Asker, Growing> growing_;
  std::atomic<bool> ending_{false};
};

// The entry of a model in `info` and in the answer of `load`.
Json model_json(const RpcModel& model);

// "Ablation needs the model; …", for capabilities and errors alike.
std::string needs_model(const std::string& what, const std::string& reason);

}  // namespace headscope
