#include <filesystem>
#include <set>

#include "bindings.h"
#include "headscope/error.h"
#include "headscope/mask.h"
#include "headscope/models.h"
#include "headscope/probe.h"

namespace headscope::python {
namespace {

struct TraceCall {
  std::string a;
  std::optional<std::string> b;
  std::optional<std::vector<int32_t>> ids;
  std::vector<int32_t> segments;
  std::string ablate;
  std::vector<int> masked;
  std::string truncate;
  std::optional<int64_t> max_tokens;
  std::vector<int> layers;
  bool attention = false, hidden = false;
};

TokenSequence tokens_of(Model& model, const TraceCall& call, RunSettings& settings) {
  if (call.ids) return model.sequence(*call.ids, call.segments);
  TokenizeOptions options;
  options.max_tokens = call.max_tokens;
  std::optional<Truncation> truncation = Truncation::kNone;
  if (!call.truncate.empty()) truncation = parse_truncation(call.truncate);
  if (!truncation) {
    throw Error(ErrorCode::kUsage, "truncate='" + call.truncate + "'",
                "longest-first, only-first, only-second");
  }
  try {
    return model.runner().tokenize(call.a, call.b, options);
  } catch (const Error& error) {
    if (error.id() != "HS-LEN-01" || *truncation == Truncation::kNone) throw;
  }
  settings.truncation = options.truncation = *truncation;
  settings.max_tokens = call.max_tokens;
  return model.runner().tokenize(call.a, call.b, options);
}

void mask_tokens(Model& model, const std::vector<int>& masked, TokenSequence& text,
                 RunSettings& settings) {
  if (masked.empty()) return;
  if (!model.masked()) {
    throw Error(ErrorCode::kUsage, "masked= with a model without a masked-language-model head",
                "a model that predicts masked words", "", "HS-CAP-02");
  }
  for (const int token : std::set<int>(masked.begin(), masked.end())) {
    settings.masked.push_back(token);
    settings.masked_ids.push_back(mask_token(text, token, model.masked()->mask_id()));
  }
}

std::shared_ptr<OpenedModel> load(const std::string& name, const nb::object& progress) {
  auto out = std::make_shared<OpenedModel>();
  compute(progress, [&](const RunControl& control) {
    const std::string path = find_model(name);
    ModelOptions options;
    if (!std::filesystem::is_directory(name)) options.name = name;
    out->model = open_model(path, options, control);
    out->source = std::filesystem::path(path).filename().string();
  });
  return out;
}

std::shared_ptr<OpenedTrace> run(const std::shared_ptr<OpenedModel>& self, const TraceCall& call,
                                 const nb::object& progress) {
  Model& model = *self->model;
  auto trace = computed(progress, [&](const RunControl& control) {
    TraceOptions options;
    options.settings.ablations = parse_ablations(call.ablate, model.runner().stacks());
    options.layers = call.layers;
    options.with_attention = call.attention;
    options.with_hidden = call.hidden;
    TokenSequence text = tokens_of(model, call, options.settings);
    mask_tokens(model, call.masked, text, options.settings);
    return model.runner().trace(std::span(&text, 1), options, control).at(0);
  });
  return std::make_shared<OpenedTrace>(std::move(trace), self);
}

using Told = std::vector<std::vector<std::tuple<int32_t, std::string, float>>>;

Told told(const std::vector<std::vector<TokenProbability>>& answers) {
  Told out;
  for (const auto& answer : answers) {
    auto& row = out.emplace_back();
    for (const TokenProbability& p : answer) row.emplace_back(p.id, p.token, p.probability);
  }
  return out;
}

// What a model says about `positions` of a trace that it made: masked words, or the next token.
Told predict(const OpenedTrace& self, const std::vector<int>& positions, int top,
             const nb::object& progress) {
  if (!self.model()) {
    throw Error(ErrorCode::kUsage, "predictions of a trace without its model",
                "a trace that model.trace() gave", "", "HS-CAP-01");
  }
  Model& model = *self.model()->model;
  const TokenSequence& text = self.trace()->info().tokens(0, Side::kQuery);
  const std::vector<Ablation>& ablations = self.trace()->info().settings.ablations;
  if (!model.masked() && !model.next()) {
    throw Error(ErrorCode::kUsage, "predictions of a model that has no head for them",
                "a masked-language model or a causal one", "", "HS-CAP-02");
  }
  return told(computed(progress, [&](const RunControl& control) {
    return model.masked() ? model.masked()->predict(text, positions, top, ablations, control)
                          : model.next()->predict(text, positions, top, ablations, control);
  }));
}

}  // namespace

RpcModel OpenedModel::for_rpc(const std::shared_ptr<OpenedModel>& self) const {
  RpcModel out;
  out.runner = &model->runner();
  out.predictor = model->masked();
  out.embeddings = model->embeddings();
  out.probe = probe_text(*model);
  out.source = source;
  Model* raw = model.get();
  out.bytes_needed = [raw](int64_t tokens) { return raw->bytes_needed(1, tokens, {}); };
  out.owner = self;
  return out;
}

void bind_model(nb::module_& module) {
  nb::class_<OpenedModel>(module, "Model", "A model as the engine holds it")
      .def("name", [](const OpenedModel& self) { return self.model->runner().model().name; })
      .def("family", [](const OpenedModel& self) { return self.model->runner().model().family; })
      .def("fingerprint",
           [](const OpenedModel& self) {
             return computed(nb::none(), [&](const RunControl&) {
               return self.model->runner().model().fingerprint;
             });
           })
      .def("max_positions",
           [](const OpenedModel& self) { return self.model->runner().max_positions(); })
      .def("capabilities",
           [](const OpenedModel& self) {
             return std::map<std::string, bool>{
                 {"text", self.model->tokenizer() != nullptr},
                 {"masked", self.model->masked() != nullptr},
                 {"next", self.model->next() != nullptr},
                 {"embeddings", self.model->embeddings() != nullptr}};
           })
      .def(
          "stacks",
          [](const OpenedModel& self) {
            std::vector<std::pair<std::string, std::vector<int>>> out;
            for (const StackInfo& stack : self.model->runner().stacks()) {
              auto& heads = out.emplace_back(stack.name, std::vector<int>()).second;
              for (const LayerInfo& layer : stack.layers) heads.push_back(layer.heads);
            }
            return out;
          },
          "(name, heads of each layer) of every stack")
      .def(
          "trace",
          [](const std::shared_ptr<OpenedModel>& self, const std::string& a,
             const std::optional<std::string>& b, const std::optional<std::vector<int32_t>>& ids,
             const std::vector<int32_t>& segments, const std::string& ablate,
             const std::vector<int>& masked, const std::string& truncate,
             std::optional<int64_t> max_tokens, const std::vector<int>& layers, bool attention,
             bool hidden, const nb::object& progress) {
            return run(self,
                       {a, b, ids, segments, ablate, masked, truncate, max_tokens, layers,
                        attention, hidden},
                       progress);
          },
          nb::arg("a"), nb::arg("b").none(), nb::arg("ids").none(), nb::arg("segments"),
          nb::arg("ablate"), nb::arg("masked"), nb::arg("truncate"), nb::arg("max_tokens").none(),
          nb::arg("layers"), nb::arg("attention"), nb::arg("hidden"), nb::arg("progress").none());

  module.def("load", &load, nb::arg("name"), nb::arg("progress") = nb::none());
  module.def("predict", &predict, nb::arg("trace"), nb::arg("positions"), nb::arg("top"),
             nb::arg("progress") = nb::none(), "[(id, token, probability)] for every position");
  module.def(
      "pull",
      [](const std::string& name, const nb::object& say, const nb::object& progress) {
        std::vector<std::string> lines;
        const PulledModel pulled = computed(progress, [&](const RunControl& control) {
          return pull_model(name, control, [&](const std::string& line) { lines.push_back(line); });
        });
        if (!say.is_none()) {
          for (const std::string& line : lines) say(line);
        }
        return pulled.path;
      },
      nb::arg("name"), nb::arg("say") = nb::none(), nb::arg("progress") = nb::none());
  module.def("models", [] {
    nb::typed<nb::list, nb::typed<nb::dict, nb::str, nb::any>> out;
    for (const KnownModel& m : list_models()) {
      nb::dict row;
      row["name"] = m.name;
      row["source"] = m.source;
      row["kind"] = m.kind;
      row["family"] = m.family;
      row["layers"] = m.layers;
      row["heads"] = m.heads;
      row["bytes"] = m.bytes;
      row["cached"] = m.cached;
      row["path"] = m.path;
      row["problem"] = m.problem;
      out.append(row);
    }
    return out;
  });
}

}  // namespace headscope::python
