// info: what there is and what it can do, with the reason where it cannot.
#include <algorithm>

#include "format/json.h"
#include "headscope/numbers.h"
#include "headscope/version.h"
#include "rpc/corpus_data.h"
#include "rpc/service.h"

namespace headscope {

Json model_json(const RpcModel& model) {
  const ModelInfo& info = model.info;
  const StackInfo& stack = model.runner->stacks().front();
  int heads = 0;
  for (const LayerInfo& layer : stack.layers) heads = std::max(heads, layer.heads);
  return {{"name", info.name},
          {"family", info.family},
          {"fingerprint", info.fingerprint},
          {"source", model.source},
          {"layers", stack.layers.size()},
          {"heads", heads},
          {"precision", name_of(model.precision)},
          {"weights", model.streamed ? "streamed" : "resident"},
          {"notes", model.notes},
          {"max_tokens", model.runner->max_positions()},
          {"target", model.runner->reads_target()},
          {"picture", model.runner->reads_pictures()}};
}

namespace {

Json limits_json(const TraceStore& traces) {
  return {{"text_bytes", kMaxTextBytes},
          {"tiles", kMaxTiles},
          {"answer_bytes", kMaxAnswerBytes},
          {"csv_rows", kMostCsvLines},
          {"top", kMaxTop},
          {"file_bytes", traces.limit()},
          {"predictive_words", kMaxPredictiveWords}};
}

// true, or the reason.
Json able(const std::string& reason) { return reason.empty() ? Json(true) : Json(reason); }

// Numbers of two precisions are not mixed. A trace that no run here made may be of any.
bool in_precision_of(const TraceInfo& trace, const RpcModel& model) {
  return !trace.computed || trace.computed->precision == name_of(model.precision);
}

bool same_model(const ModelInfo& model, const CorpusData& corpus) {
  return model.fingerprint == corpus.fingerprint;
}

}  // namespace

std::string needs_model(const std::string& what, const std::string& reason) {
  return what + " needs the model. " + reason;
}

std::string Rpc::Service::why_no_model() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (model_) return {};
  if (loading_) return "It is being read.";
  if (problem_) {
    // A model that is not there has been told of once; what to do is what matters. The folders that
    // were looked through are nobody's business beyond this machine.
    if (problem_->code() == ErrorCode::kNotFound && !problem_->action().empty()) {
      return problem_->action();
    }
    return error_json(*problem_)["message"].get<std::string>();
  }
  return "There is none here, only traces. Run: headscope serve -m DIR";
}

std::shared_ptr<const RpcModel> Rpc::Service::model(const std::string& what) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (model_) return model_;
  }
  throw Error(ErrorCode::kUsage, needs_model(what, why_no_model()), "", "", "HS-CAP-01");
}

std::shared_ptr<const RpcModel> Rpc::Service::maker_of(const StoredTrace& trace) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!model_) return nullptr;
  const ModelInfo& have = model_->info;
  const ModelInfo& made = trace.info().model;
  const bool known = !have.fingerprint.empty() && !made.fingerprint.empty();
  const bool same = known ? have.fingerprint == made.fingerprint : have.name == made.name;
  return same && in_precision_of(trace.info(), *model_) ? model_ : nullptr;
}

std::shared_ptr<const RpcModel> Rpc::Service::model_of(const StoredTrace& trace,
                                                       const std::string& what) const {
  if (auto maker = maker_of(trace)) return maker;
  const auto open = model(what);
  const ModelInfo& have = open->info;
  const ModelInfo& made = trace.info().model;
  const bool differs = !in_precision_of(trace.info(), *open);
  const std::string maker =
      made.name + (differs ? " in " + trace.info().computed->precision : std::string());
  const std::string there = have.name + (differs ? " in " + name_of(open->precision) : "");
  throw Error(ErrorCode::kUsage,
              what + " needs the model that made the trace, " + maker + "; " + there + " is open",
              "", "Run the text again, or start headscope serve -m with that model", "HS-CAP-01");
}

Json Rpc::Service::capabilities() const {
  const std::string none = why_no_model();
  const auto needs = [&](const char* what) {
    return able(none.empty() ? std::string() : needs_model(what, none));
  };
  std::string run = none.empty() ? "" : needs_model("Running a text", none);
  std::string predict = none.empty() ? "" : needs_model("A prediction", none);
  std::string generate = none.empty() ? "" : needs_model("Generation", none);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (model_ && !model_->predictor && !model_->next) {
      predict = model_->info.name + " predicts no words: its weights have no head for it.";
    }
    if (model_ && !model_->tokenizer && !model_->runner->reads_pictures()) {
      run = model_->info.name +
            " has no tokenizer here: it takes token ids, not texts. Run: headscope serve -m DIR "
            "--tokenizer FILE, or: headscope trace --ids 1,2,3 -m DIR -o T.safetensors, then: "
            "headscope serve --trace T.safetensors";
    }
    if (model_ && !model_->generator) {
      generate = model_->info.name + " does not continue texts: it is no causal language model.";
    }
  }
  const std::string corpus =
      corpus_data() ? ""
                    : "There are no corpus statistics. Run: headscope analyze FILE -o R.json, "
                      "then: headscope serve --corpus R.json";
  return {{"run", able(run)},         {"ablate", needs("Ablation")}, {"generate", able(generate)},
          {"predict", able(predict)}, {"corpus", able(corpus)},      {"figure", true}};
}

Reply Rpc::Service::info(Fields& fields, const RunControl&) {
  fields.done();
  Reply reply;
  Json& json = reply.json;
  json = {
      {"version", version()}, {"capabilities", capabilities()}, {"limits", limits_json(traces_)}};
  Json traces = Json::array();
  const auto fixed = traces_.fixed();
  for (const auto& stored : fixed) traces.push_back(describe_trace(*stored));
  json["traces"] = std::move(traces);
  json["cache"] = {{"traces", traces_.size()},     {"trace_bytes", traces_.bytes()},
                   {"tiles", tiles_.size()},       {"tile_bytes", tiles_.bytes()},
                   {"tile_limit", tiles_.limit()}, {"derived_bytes", derived_.bytes()}};

  const std::lock_guard<std::mutex> lock(mutex_);
  json["models"] = model_ ? Json::array({model_json(*model_)}) : Json::array();
  json["problem"] = problem_ ? error_json(*problem_) : Json();
  json["loading"] = loading_ ? Json{{"model", loading_->model},
                                    {"precision", name_of(loading_->precision)},
                                    {"done", loading_->done},
                                    {"total", loading_->total}}
                             : Json();
  json["corpus"] = corpus_ ? corpus_->overview : Json();
  if (corpus_) {
    const ModelInfo* model = model_          ? &model_->info
                             : fixed.empty() ? nullptr
                                             : &fixed.front()->info().model;
    const bool known = model && !model->fingerprint.empty() && !corpus_->fingerprint.empty();
    json["corpus"]["same_model"] = known ? Json(same_model(*model, *corpus_)) : Json();
  }
  return reply;
}

}  // namespace headscope
