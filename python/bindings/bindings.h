// The compiled half of the Python package: numbers, files and models. Names that users see, their
// types and their docstrings are in python/headscope.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/model.h"
#include "headscope/rpc.h"
#include "headscope/trace.h"

namespace headscope::python {

namespace nb = nanobind;

// Does `work` on the one thread that computes (it owns the OpenMP team), with the GIL released
// meanwhile. Ctrl-C cancels it. `progress`: None, or called as progress(done, total) now and then;
// what it raises cancels the work and is raised. Throws what `work` throws.
void compute(const nb::object& progress, const std::function<void(const RunControl&)>& work);

template <class Work>
auto computed(const nb::object& progress, Work&& work) {
  std::optional<decltype(work(std::declval<const RunControl&>()))> out;
  compute(progress, [&](const RunControl& control) { out.emplace(work(control)); });
  return *std::move(out);
}

// A model and what it owns; the wire's view of it.
struct OpenedModel {
  std::unique_ptr<Model> model;
  std::string source;

  RpcModel for_rpc(const std::shared_ptr<OpenedModel>& self) const;
};

// What a model went on with (headscope/generation.h); its tokens are in the trace.
struct Generated {
  std::string text;
  std::vector<double> log_probs;
  std::string stopped;
  std::vector<std::string> notes;
};

// A trace, the model that made it (or null), and the wire's service that answers questions about
// it.
class OpenedTrace {
 public:
  explicit OpenedTrace(std::shared_ptr<const Trace> trace,
                       std::shared_ptr<OpenedModel> model = nullptr,
                       std::optional<Generated> generated = {})
      : trace_(std::move(trace)), model_(std::move(model)), generated_(std::move(generated)) {}

  const std::shared_ptr<const Trace>& trace() const { return trace_; }
  const std::shared_ptr<OpenedModel>& model() const { return model_; }
  const std::optional<Generated>& generated() const { return generated_; }
  // Answers a question of docs/wire.md about this trace, and a second one where it is about two; on
  // the computing thread.
  RpcAnswer ask(const std::string& method, const std::string& fields, const OpenedTrace* right,
                const RunControl& control);

 private:
  std::shared_ptr<const Trace> trace_;
  std::shared_ptr<OpenedModel> model_;
  std::optional<Generated> generated_;
  std::unique_ptr<Rpc> rpc_;
  std::string id_;
};

void bind_errors(nb::module_& module);
void bind_trace(nb::module_& module);
void bind_model(nb::module_& module);
void bind_analysis(nb::module_& module);

}  // namespace headscope::python
