#include <filesystem>

#include "bindings.h"
#include "headscope/error.h"
#include "headscope/models.h"
#include "headscope/probe.h"
#include "run.h"

namespace headscope::python {
namespace {

std::shared_ptr<OpenedModel> load(const std::string& name, const std::string& tokenizer,
                                  const std::string& precision, const nb::object& progress) {
  const auto wanted = parse_precision(precision);
  if (!wanted) {
    throw Error(ErrorCode::kUsage, "precision '" + precision + "'", "f32, bf16x3 or bf16");
  }
  auto out = std::make_shared<OpenedModel>();
  compute(progress, [&](const RunControl& control) {
    const std::string path = find_model(name);
    ModelOptions options;
    options.tokenizer = tokenizer;
    options.precision = *wanted;
    if (!std::filesystem::is_directory(name)) options.name = name;
    out->model = open_model(path, options, control);
    out->source = std::filesystem::path(path).filename().string();
  });
  return out;
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

// What a model was run on; its pixels are not kept.
ModelInput input_of(const TraceInfo& info) {
  ModelInput input(info.tokens(0, Side::kQuery));
  if (info.stacks.size() > 1 && info.has_sequence("target")) {
    input.target = info.tokens(info.stack_index("decoder"), Side::kQuery);
  }
  return input;
}

// What a model says about `positions` of a trace that it made: masked words, or the next token.
Told predict(const OpenedTrace& self, const std::vector<int>& positions, int top,
             const nb::object& progress) {
  if (!self.model()) {
    throw Error(ErrorCode::kUsage, "predictions of a trace without its model",
                "a trace that model.trace() gave", "", "HS-CAP-01");
  }
  Model& model = *self.model()->model;
  const TraceInfo& info = self.trace()->info();
  const ModelInput input = input_of(info);
  const std::vector<Ablation>& ablations = info.settings.ablations;
  if (!model.masked() && !model.next()) {
    throw Error(ErrorCode::kUsage, "predictions of a model that has no head for them",
                "a masked-language model or a causal one", "", "HS-CAP-02");
  }
  return told(computed(progress, [&](const RunControl& control) {
    return model.masked() ? model.masked()->predict(input.text, positions, top, ablations, control)
                          : model.next()->predict(input, positions, top, ablations, control);
  }));
}

}  // namespace

RpcModel OpenedModel::for_rpc(const std::shared_ptr<OpenedModel>& self) const {
  RpcModel out;
  out.runner = &model->runner();
  out.predictor = model->masked();
  out.next = model->next();
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
      .def("notes", [](const OpenedModel& self) { return self.model->notes(); })
      .def(
          "trace",
          [](const std::shared_ptr<OpenedModel>& self, const std::string& a,
             const std::optional<std::string>& b, const std::optional<std::vector<int32_t>>& ids,
             const std::vector<int32_t>& segments, const std::optional<std::string>& target,
             const std::optional<std::vector<int32_t>>& target_ids,
             const std::optional<std::tuple<nb::bytes, std::string, bool>>& picture,
             std::optional<int64_t> generate, const std::string& ablate,
             const std::vector<int>& masked, const std::string& truncate,
             std::optional<int64_t> max_tokens, const std::vector<int>& layers, bool attention,
             bool hidden, const nb::object& progress) {
            TraceCall call{.a = a,
                           .b = b,
                           .target = target,
                           .ids = ids,
                           .target_ids = target_ids,
                           .segments = segments,
                           .picture = {},
                           .generate = generate,
                           .ablate = ablate,
                           .masked = masked,
                           .truncate = truncate,
                           .max_tokens = max_tokens,
                           .layers = layers,
                           .attention = attention,
                           .hidden = hidden};
            if (picture) {
              const auto& [bytes, name, is_pixels] = *picture;
              call.picture = PictureCall{{bytes.c_str(), bytes.size()}, name, is_pixels};
            }
            return run(self, call, progress);
          },
          nb::arg("a"), nb::arg("b").none(), nb::arg("ids").none(), nb::arg("segments"),
          nb::arg("target").none(), nb::arg("target_ids").none(), nb::arg("picture").none(),
          nb::arg("generate").none(), nb::arg("ablate"), nb::arg("masked"), nb::arg("truncate"),
          nb::arg("max_tokens").none(), nb::arg("layers"), nb::arg("attention"), nb::arg("hidden"),
          nb::arg("progress").none(),
          "picture: (bytes of a file, its name, whether it is a .npy file of pixel values)");

  module.def("load", &load, nb::arg("name"), nb::arg("tokenizer") = "",
             nb::arg("precision") = "f32", nb::arg("progress") = nb::none());
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
