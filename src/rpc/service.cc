#include "rpc/service.h"

#include <algorithm>

#include "format/json.h"
#include "headscope/trace.h"
#include "rpc/corpus_data.h"

namespace headscope {

Rpc::Service::Service(const RpcOptions& options)
    : printer_(options.printer),
      traces_(options.trace_bytes),
      derived_(options.tile_bytes / 2),
      tiles_(options.tile_bytes),
      heads_(options.tile_bytes / 8),
      runs_(int64_t{4} << 20) {}

const std::map<std::string_view, Rpc::Service::MethodEntry>& Rpc::Service::methods() {
  using enum Kind;
  static const std::map<std::string_view, MethodEntry> kMethods = {
      {"info", {kLight, &Service::info}},       {"models", {kLight, &Service::models}},
      {"tokens", {kLight, &Service::tokens}},   {"load", {kLong, &Service::load}},
      {"trace", {kLight, &Service::trace}},     {"corpus", {kLight, &Service::corpus}},
      {"open", {kLight, &Service::open}},       {"tiles", {kSmall, &Service::tiles}},
      {"row", {kSmall, &Service::row}},         {"neuron", {kSmall, &Service::neuron}},
      {"link", {kSmall, &Service::link}},       {"head", {kLong, &Service::head}},
      {"run", {kLong, &Service::run}},          {"heads", {kLong, &Service::heads}},
      {"predict", {kLong, &Service::predict}},  {"figure", {kLong, &Service::figure}},
      {"compare", {kLong, &Service::compare}},  {"numbers", {kLong, &Service::numbers}},
      {"progress", {kOfQueue, nullptr}},        {"cancel", {kOfQueue, nullptr}},
      {"picture", {kLight, &Service::picture}}, {"parts", {kLong, &Service::parts}},
  };
  return kMethods;
}

Rpc::Service::Kind Rpc::Service::kind_of(std::string_view method) {
  const auto known = methods().find(method);
  if (known != methods().end()) return known->second.kind;
  std::string names;
  for (const auto& [name, entry] : methods())
    names += (names.empty() ? "" : ", ") + std::string(name);
  throw Error(ErrorCode::kUsage, "no method " + describe(Json(std::string(method))),
              "one of " + names, "", "HS-RPC-02");
}

namespace {

// The question has not been checked yet: its method reports an unknown quantity.
bool asks_for_derived(const Json& object) {
  const auto ops = object.find("ops");
  if (ops == object.end() || !ops->is_object()) return false;
  const auto quantity = ops->find("quantity");
  return quantity != ops->end() && (*quantity == "rollout" || *quantity == "flow");
}

// Weights that a tile makes the core compute; 0 where the question is malformed.
double weights_asked(const Json& tile) {
  const auto number = [&](const char* name) {
    const auto field = tile.find(name);
    return field != tile.end() && field->is_number() ? field->get<double>() : 0.0;
  };
  const double preview = number("preview");
  const double rows = preview > 0 ? preview : number("q1") - number("q0");
  const double keys = number("k1") - number("k0");
  const auto heads = tile.find("heads");
  const double count = heads != tile.end() && heads->is_array() ? double(heads->size()) : 0.0;
  return std::max(0.0, rows) * std::max(0.0, keys) * count;
}

}  // namespace

Rpc::Service::Kind Rpc::Service::kind_of(const Request& request) {
  const Kind kind = kind_of(std::string_view(request.method));
  if (kind != Kind::kSmall) return kind;
  bool derived = asks_for_derived(request.body);
  double weights = 0;
  const auto tiles = request.body.find("tiles");
  if (tiles != request.body.end() && tiles->is_array()) {
    for (const Json& tile : *tiles) {
      if (!tile.is_object()) continue;
      derived = derived || asks_for_derived(tile);
      weights += weights_asked(tile);
    }
  }
  if (derived) return Kind::kLong;
  return weights > static_cast<double>(kWeightsAtOnce) ? Kind::kSliced : kind;
}

Reply Rpc::Service::handle(const Request& request, const RunControl& control) {
  if (kind_of(request.method) == Kind::kOfQueue) {
    throw Error(ErrorCode::kUsage, "the method " + request.method + " without a queue",
                "questions that are answered one by one", "", "HS-RPC-02");
  }
  control.cancel.check();
  Fields fields(request.body, "", request.file);
  for (const char* name : {"rpc", "client", "id", "epoch", "priority"}) fields.has(name);
  return (this->*methods().at(request.method).method)(fields, control);
}

StoredTracePtr Rpc::Service::trace_of(Fields& fields, const char* field) {
  return traces_.find(fields.text(field, 64));
}

Reply Rpc::Service::trace(Fields& fields, const RunControl&) {
  const auto stored = trace_of(fields);
  fields.done();
  Reply reply;
  reply.json["trace"] = describe_trace(*stored);
  return reply;
}

Reply Rpc::Service::open(Fields& fields, const RunControl&) {
  constexpr size_t kMaxName = 255;
  const std::string name = fields.text("name", kMaxName);
  const std::string_view file = fields.file(traces_.limit());
  fields.done();
  const auto opened = [&] {
    try {
      return parse_trace(file.data(), file.size(), name);
    } catch (const Error& error) {
      if (!error.id().empty()) throw;
      throw Error(error.code(), error.got(), error.expected(), error.action(), "HS-FILE-02");
    }
  }();
  Reply reply;
  reply.json["trace"] = describe_trace(*traces_.add(opened, TraceOrigin::kOpened, name));
  return reply;
}

Reply Rpc::Service::picture(Fields& fields, const RunControl&) {
  const auto stored = trace_of(fields);
  fields.done();
  const Array* picture = stored->source->picture();
  if (!picture) {
    throw Error(ErrorCode::kUsage, "this trace holds no picture", "one that was run on a picture",
                "", "HS-CAP-01");
  }
  const auto* bytes = reinterpret_cast<const char*>(picture->data());
  Reply reply;
  reply.tensors.push_back(
      {"picture", DType::kU8, picture->shape(),
       std::make_shared<const std::string>(bytes, static_cast<size_t>(picture->bytes()))});
  return reply;
}

void Rpc::Service::set_corpus(std::shared_ptr<const CorpusData> corpus) {
  const std::lock_guard<std::mutex> lock(mutex_);
  corpus_ = std::move(corpus);
}

void Rpc::Service::set_model(RpcModel model) {
  model.info = model.runner->model();  // not under the mutex: every question waits for that
  const std::lock_guard<std::mutex> lock(mutex_);
  model_ = std::make_shared<const RpcModel>(std::move(model));
  loading_.reset();
  problem_.reset();
  probe_.reset();
}

void Rpc::Service::set_loading(const std::string& model, Precision precision, int64_t done,
                               int64_t total) {
  const std::lock_guard<std::mutex> lock(mutex_);
  loading_ = Loading{model, precision, done, total};
}

void Rpc::Service::set_problem(const Error& error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  loading_.reset();
  problem_.emplace(error);
}

std::shared_ptr<const CorpusData> Rpc::Service::corpus_data() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return corpus_;
}

Rpc::Rpc(const RpcOptions& options) : service_(std::make_unique<Service>(options)) {}
Rpc::~Rpc() = default;

std::string Rpc::add_trace(std::shared_ptr<const AttentionSource> trace, TraceOrigin origin,
                           const std::string& title) {
  return service_->traces().add(std::move(trace), origin, title)->id;
}

void Rpc::set_corpus(const std::string& json, const std::string& name) {
  service_->set_corpus(read_corpus(json, name));
}
void Rpc::set_model(RpcModel model) { service_->set_model(std::move(model)); }
void Rpc::set_models(RpcModels models) { service_->set_models(std::move(models)); }
void Rpc::set_loading(const std::string& model, Precision precision, int64_t done, int64_t total) {
  service_->set_loading(model, precision, done, total);
}
void Rpc::set_problem(const Error& error) { service_->set_problem(error); }

RpcAnswer Rpc::answer(std::string_view method, std::string_view body, const RunControl& control) {
  std::optional<Request> request;
  try {
    Service::kind_of(method);
    request = parse_request(method, body);
    return answer_of(*request, service_->handle(*request, control));
  } catch (...) {
    return answer_of(request ? &*request : nullptr, std::current_exception());
  }
}

}  // namespace headscope
