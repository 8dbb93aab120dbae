// models and load: another model in the place of the open one. Memory holds one model: the open one
// is let go of before the next is read, and read again where that fails.
#include <algorithm>

#include "rpc/service.h"

namespace headscope {
namespace {

constexpr size_t kMaxName = 1024;

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json or_null(int64_t number) { return number == 0 ? Json() : Json(number); }

Json listed_json(const ListedModel& model, const std::string& open) {
  return {{"name", model.name},
          {"source", model.source},
          {"kind", or_null(model.kind)},
          {"family", or_null(model.family)},
          {"layers", or_null(model.layers)},
          {"heads", or_null(model.heads)},
          {"bytes", or_null(model.bytes)},
          {"runnable", model.problem.empty() ? Json(true) : Json(model.problem)},
          {"open", model.name == open}};
}

// All that can be known before weights are read.
ListedModel find_listed(const std::vector<ListedModel>& list, const std::string& name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& m) { return m.name == name; });
  if (found == list.end()) {
    throw Error(ErrorCode::kNotFound, "no model " + describe(Json(name)) + " in the list",
                "a name of `headscope models`, or of a folder given with --models", "",
                "HS-MODEL-01");
  }
  if (!found->problem.empty()) {
    throw Error(ErrorCode::kBadInput, name + " cannot be opened. " + found->problem, "", "",
                "HS-MODEL-01");
  }
  return *found;
}

}  // namespace

void Rpc::Service::set_models(RpcModels models) {
  const std::lock_guard<std::mutex> lock(mutex_);
  models_ = std::move(models);
}

RpcModels Rpc::Service::listed_models() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (models_.list && models_.open) return models_;
  throw Error(ErrorCode::kUsage, "Another model cannot be opened here", "", "", "HS-CAP-01");
}

Reply Rpc::Service::models(Fields& fields, const RunControl&) {
  fields.done();
  const RpcModels known = listed_models();
  std::string open;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (model_) open = model_->info.name;
  }
  Reply reply;
  Json& list = reply.json["models"] = Json::array();
  for (const ListedModel& model : known.list()) list.push_back(listed_json(model, open));
  return reply;
}

std::shared_ptr<const RpcModel> Rpc::Service::take_model(Loading loading) {
  const std::lock_guard<std::mutex> lock(mutex_);
  loading_ = std::move(loading);
  problem_.reset();
  probe_.reset();
  return std::exchange(model_, nullptr);
}

void Rpc::Service::put_back(const std::shared_ptr<const RpcModel>& kept,
                            const std::function<RpcModel(const RunControl&)>& again) {
  try {
    if (kept || again) {
      set_model(kept ? *kept : again({}));
      return;
    }
  } catch (const Error& error) {
    set_problem(error);
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  loading_.reset();
}

Reply Rpc::Service::load(Fields& fields, const RunControl& control) {
  const std::string name = fields.text("model", kMaxName);
  const std::optional<Precision> named = read_precision(fields);
  fields.done();
  const RpcModels known = listed_models();
  Reply reply;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (model_ && model_->info.name == name &&
        named.value_or(model_->precision) == model_->precision) {
      reply.json["model"] = model_json(*model_);
      return reply;
    }
    // By the edge, beside this thread: two would be in memory.
    if (loading_) {
      throw Error(ErrorCode::kUsage, loading_->model + " is being read", "",
                  "Try again when it has been", "HS-BUSY-01");
    }
  }
  const ListedModel wanted = find_listed(known.list(), name);
  const Precision precision = named.value_or(known.precision);
  auto before = take_model({name, precision, 0, wanted.bytes});
  const auto again = before ? before->again : nullptr;
  if (again) before.reset();

  RunControl reading = control;
  reading.progress = [&](int64_t done, int64_t total) {
    set_loading(name, precision, done, total);
    if (control.progress) control.progress(done, total);
  };
  try {
    set_model(known.open(name, precision, reading));
  } catch (...) {
    const auto problem = std::current_exception();
    if (!ending_) put_back(before, again);
    std::rethrow_exception(problem);
  }
  const auto open = model("The next text");
  reply.json["model"] = model_json(*open);
  return reply;
}

}  // namespace headscope
