#include <cstring>
#include <limits>

#include "bindings.h"
#include "headscope/demo.h"
#include "headscope/error.h"
#include "headscope/print.h"
#include "headscope/view_state.h"

namespace headscope::python {
namespace {

using Floats = nb::ndarray<nb::numpy, const float, nb::c_contig>;
using AnyArray = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

// Numbers that live as long as `owner`.
Floats shown(const float* data, const std::vector<int64_t>& shape,
             std::shared_ptr<const void> owner) {
  auto* kept = new std::shared_ptr<const void>(std::move(owner));
  const nb::capsule capsule(
      kept, [](void* p) noexcept { delete static_cast<std::shared_ptr<const void>*>(p); });
  std::vector<size_t> extents(shape.begin(), shape.end());
  return Floats(data, extents.size(), extents.data(), capsule);
}

// Without a copy where the trace holds float32.
std::optional<Floats> floats_of(const Array& array) {
  if (array.empty()) return std::nullopt;
  const Array wide = array.as(DType::kF32);
  return shown(wide.floats().data(), wide.shape(), wide.owner());
}

DType dtype_of(const AnyArray& array, const std::string& name) {
  const nb::dlpack::dtype type = array.dtype();
  using Code = nb::dlpack::dtype_code;
  const auto is = [&](Code code, int bits) {
    return type.code == static_cast<uint8_t>(code) && type.bits == bits;
  };
  if (is(Code::Float, 32)) return DType::kF32;
  if (is(Code::Float, 16)) return DType::kF16;
  if (is(Code::Bfloat, 16)) return DType::kBF16;
  if (is(Code::Float, 64)) return DType::kF64;
  throw Error(ErrorCode::kUsage, "array " + name + " of another element type",
              "float32, float16, bfloat16 or float64");
}

// The array of another program, borrowed: it is given back when the last Array of it goes.
Array borrowed(const std::string& name, AnyArray array) {
  const DType type = dtype_of(array, name);
  std::vector<int64_t> shape;
  for (size_t axis = 0; axis < array.ndim(); ++axis)
    shape.push_back(static_cast<int64_t>(array.shape(axis)));
  const void* data = array.data();
  const std::shared_ptr<const void> owner(new AnyArray(std::move(array)), [](const AnyArray* p) {
    const nb::gil_scoped_acquire held;  // the last user may be the computing thread
    delete p;
  });
  return Array::borrow(type, std::move(shape), data, owner);
}

const LayerArrays& arrays_of(const OpenedTrace& self, int stack, int layer) {
  const Trace& trace = *self.trace();
  const auto& stacks = trace.info().stacks;
  if (stack < 0 || stack >= static_cast<int>(stacks.size())) {
    throw Error(ErrorCode::kUsage, "stack " + std::to_string(stack),
                "0 to " + std::to_string(stacks.size() - 1));
  }
  const int index = stacks[static_cast<size_t>(stack)].layer_index(layer);
  return trace.arrays()[static_cast<size_t>(stack)][static_cast<size_t>(index)];
}

std::optional<Floats> array_of(const OpenedTrace& self, const std::string& name, int stack,
                               int layer) {
  static const std::map<std::string, Array LayerArrays::*> fields = {
      {"query", &LayerArrays::query},           {"key", &LayerArrays::key},
      {"value", &LayerArrays::value},           {"logsumexp", &LayerArrays::logsumexp},
      {"value_norm", &LayerArrays::value_norm}, {"sink", &LayerArrays::sink},
      {"attention", &LayerArrays::attention}};
  return floats_of(arrays_of(self, stack, layer).*fields.at(name));
}

// [heads, rows, cols]
Floats attention(const OpenedTrace& self, int stack, int layer, const std::vector<int>& heads,
                 std::pair<int64_t, int64_t> rows, std::pair<int64_t, int64_t> cols,
                 const nb::object& progress) {
  const Range r{rows.first, rows.second}, c{cols.first, cols.second};
  const Trace& trace = *self.trace();
  (void)arrays_of(self, stack, layer);
  for (const int head : heads) trace.check({stack, {layer, head}}, r, c);
  auto out = std::make_shared<std::vector<float>>();
  compute(progress, [&](const RunControl& control) {
    const auto size = static_cast<size_t>(r.size() * c.size());
    out->resize(heads.size() * size);
    for (size_t h = 0; h < heads.size(); ++h) {
      control.cancel.check();
      trace.weights({stack, {layer, heads[h]}}, r, c, out->data() + h * size);
      control.report(static_cast<int64_t>(h) + 1, static_cast<int64_t>(heads.size()));
    }
  });
  return shown(out->data(), {static_cast<int64_t>(heads.size()), r.size(), c.size()}, out);
}

std::shared_ptr<OpenedTrace> opened(std::shared_ptr<const Trace> trace) {
  return std::make_shared<OpenedTrace>(std::move(trace));
}

}  // namespace

RpcAnswer OpenedTrace::ask(const std::string& method, const std::string& fields,
                           const OpenedTrace* right, const RunControl& control) {
  if (!rpc_) {
    RpcOptions options;
    options.trace_bytes =
        std::numeric_limits<int64_t>::max() / 4;  // of traces that are there anyway
    options.printer = make_figure_printer();
    rpc_ = std::make_unique<Rpc>(options);
    if (model_) rpc_->set_model(model_->for_rpc(model_));
    id_ = rpc_->add_trace(trace_, TraceOrigin::kFile);
  }
  std::string body = R"({"rpc":2,"client":"python","id":0,"trace":")" + id_ + '"';
  if (right) {
    body += R"(,"right":")" + rpc_->add_trace(right->trace(), TraceOrigin::kFile) + '"';
  }
  body += (fields.empty() ? "" : ",") + fields + "}";
  return rpc_->answer(method, body, control);
}

void bind_trace(nb::module_& module) {
  nb::class_<OpenedTrace>(module, "Trace", "A trace as the engine holds it")
      .def(
          "info", [](const OpenedTrace& self) { return trace_info_json(self.trace()->info()); },
          "The object `trace` of a trace file's metadata, as JSON")
      .def(
          "content_id", [](const OpenedTrace& self) { return self.trace()->content_id(); },
          nb::call_guard<nb::gil_scoped_release>())
      .def("nbytes", [](const OpenedTrace& self) { return self.trace()->bytes(); })
      .def("array", &array_of, nb::arg("name"), nb::arg("stack"), nb::arg("layer"),
           nb::rv_policy::automatic,
           "An array of one layer as float32, or None where the trace has none")
      .def(
          "hidden",
          [](const OpenedTrace& self, size_t i) -> std::optional<Floats> {
            if (i >= self.trace()->hidden.size()) return std::nullopt;
            return floats_of(self.trace()->hidden[i]);
          },
          nb::arg("index"))
      .def("attention", &attention, nb::arg("stack"), nb::arg("layer"), nb::arg("heads"),
           nb::arg("rows"), nb::arg("cols"), nb::arg("progress") = nb::none(),
           "[heads, rows, cols]")
      .def(
          "generated",
          [](const OpenedTrace& self)
              -> std::optional<std::tuple<std::string, std::vector<double>, std::string,
                                          std::vector<std::string>>> {
            if (!self.generated()) return std::nullopt;
            const Generated& made = *self.generated();
            return std::tuple(made.text, made.log_probs, made.stopped, made.notes);
          },
          "(text, log p of each token, end or length, notes) of what the model went on with")
      .def(
          "ask",
          [](OpenedTrace& self, const std::string& method, const std::string& fields,
             const OpenedTrace* right, const nb::object& progress) {
            const RpcAnswer answer = computed(progress, [&](const RunControl& control) {
              return self.ask(method, fields, right, control);
            });
            return std::pair(answer.type, nb::bytes(answer.body.data(), answer.body.size()));
          },
          nb::arg("method"), nb::arg("fields") = "", nb::arg("right") = nb::none(),
          nb::arg("progress") = nb::none(),
          "Asks the wire (docs/wire.md) about this trace, or this one and the right one: (media "
          "type, bytes)")
      .def(
          "save",
          [](const OpenedTrace& self, const std::string& path) {
            write_trace(path, *self.trace());
          },
          nb::arg("path"), nb::call_guard<nb::gil_scoped_release>())
      .def("to_bytes", [](const OpenedTrace& self) {
        std::string bytes;
        {
          const nb::gil_scoped_release released;
          bytes = serialize_trace(*self.trace());
        }
        return nb::bytes(bytes.data(), bytes.size());
      });

  module.def(
      "read_trace",
      [](const std::string& path) {
        return opened(computed(nb::none(), [&](const RunControl&) { return read_trace(path); }));
      },
      nb::arg("path"));
  module.def(
      "parse_trace",
      [](const nb::bytes& bytes, const std::string& name) {
        return opened(computed(nb::none(), [&](const RunControl&) {
          return parse_trace(bytes.c_str(), bytes.size(), name);
        }));
      },
      nb::arg("bytes"), nb::arg("name") = "trace");
  module.def(
      "view_link",
      [](const std::vector<std::pair<std::string, std::string>>& options) {
        ViewState state;
        for (const auto& [name, value] : options) {
          if (set_option(state, name, value)) continue;
          throw Error(
              ErrorCode::kUsage, "the option " + name,
              "heads, pin, panels, rows, attention, stack, special, renorm, threshold, theme, "
              "combine, quantity, topk, scale, colours or words",
              "", "HS-LINK-01");
        }
        return to_link(state);
      },
      nb::arg("options"),
      "What a figure shows, as a link: options by the names of the command line");
  module.def("demo_trace", [] { return opened(demo_trace()); });
  module.def(
      "assemble_trace",
      [](const std::string& info, const std::map<std::string, AnyArray>& arrays,
         const std::string& name) {
        std::map<std::string, Array> parts;
        for (const auto& [key, array] : arrays) parts.emplace(key, borrowed(key, array));
        return opened(computed(
            nb::none(), [&](const RunControl&) { return assemble_trace(info, parts, name); }));
      },
      nb::arg("info"), nb::arg("arrays"), nb::arg("name") = "trace",
      "A trace from the JSON of its description and arrays by their names in a file; arrays are "
      "borrowed");
}

}  // namespace headscope::python
